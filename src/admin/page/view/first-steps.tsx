import type { Status } from '../feed/wire.ts';
import { hostAndPort } from '../model/service.ts';
import { CopyButton } from './copy-button.tsx';

/** Addresses by which a listener has itself reached by any. */
const ALL = ['', '::', '0.0.0.0'];

/** What to do while there is nothing to see. */
export function FirstSteps({ status }: { status: Status }) {
  const { host, port } = status.at;
  const command = `relay-agent 3000 --to ${hostAndPort(ALL.includes(host) ? location.hostname : host, port)}`;
  return (
    <div class="empty first">
      <p>
        <strong>Nothing is registered yet.</strong> Where the service runs, on port 3000 for
        example, start an agent:
      </p>
      <p class="command">
        <code>{command}</code>
        <CopyButton text={command} what="the command" />
      </p>
      <p>
        It prints the public address for clients, and its row appears here. A broker with tokens
        also wants <code>--token-file</code>, one with a certificate <code>--tls</code>.
      </p>
    </div>
  );
}
