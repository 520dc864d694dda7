import { count } from '../../../units.ts';
import type { Status } from '../feed/wire.ts';
import { hostAndPort } from '../model/service.ts';

/** What the broker is, and what it turned away: in small print. */
export function System({ status }: { status: Status }) {
  const { at, dataPlane, descriptors, doors, version, authenticationFailures } = status;
  const turnedAway = [
    ...Object.entries(status.refused),
    ...status.doorRefused.map(({ door, cause, count }) => [`${door}: ${cause}`, count] as const),
    ['wrong token', authenticationFailures] as const,
  ].filter(([, number]) => number > 0);
  return (
    <dl class="system">
      <Item title="Version" value={version} />
      <Item title="Control port" value={hostAndPort(at.host, at.port)} />
      {doors.map(({ name, host, port }) => (
        <Item key={`${name} ${port}`} title={`Door ${name}`} value={hostAndPort(host, port)} />
      ))}
      <Item title="Data plane" value={`${dataPlane.name}, ${count(dataPlane.threads)} threads`} />
      <Item
        title="Descriptors"
        value={`${count(descriptors.used)} of ${count(descriptors.most)}`}
      />
      <Item
        title="Refused"
        value={
          turnedAway.map(([cause, number]) => `${count(number)} ${cause}`).join(', ') || 'nobody'
        }
      />
    </dl>
  );
}

function Item({ title, value }: { title: string; value: string }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{value}</dd>
    </div>
  );
}
