import { several } from '../../../units.ts';
import { ask as askBroker } from '../feed/api.ts';
import type { Live } from '../live.ts';
import type { Question } from './confirm.tsx';

const LINKS = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Reconnecting…',
  locked: 'Locked',
} as const;

interface Props {
  live: Live;
  ask: (question: Question) => void;
}

export function Header({ live, ask }: Props) {
  const { snapshot, link } = live;
  const isDraining = snapshot?.status.state === 'draining';
  const question = (): Question => ({
    title: 'Drain the broker?',
    body: (
      <p>
        Agents are told to move, and nobody new is let in.{' '}
        {several(snapshot?.status.counters.paired ?? 0, 'connection')} may finish within the drain
        time; then the broker exits. This cannot be undone.
      </p>
    ),
    verb: 'Drain',
    act: async () => {
      await askBroker('POST', 'drain');
      return 'The broker drains.';
    },
  });
  return (
    <header>
      <h1>
        relay-broker <span class="note">{location.host}</span>
      </h1>
      <span class={`link ${link.state}`}>{LINKS[link.state]}</span>
      {link.state === 'live' && !live.canAct && (
        <p class="note">
          Looking only: to act from here, start the broker with <code>--admin-token-file</code>.
        </p>
      )}
      <button type="button" disabled={!live.canAct || isDraining} onClick={() => ask(question())}>
        Drain…
      </button>
    </header>
  );
}
