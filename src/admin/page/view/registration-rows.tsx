import { useId } from 'preact/hooks';
import { count, duration, several } from '../../../units.ts';
import { ask as askBroker } from '../feed/api.ts';
import { type Service, STATES } from '../model/service.ts';
import type { Opened } from '../opened.ts';
import type { Question } from './confirm.tsx';
import { Connections } from './connections.tsx';
import { CopyButton } from './copy-button.tsx';
import { Rate } from './rate.tsx';

interface Props {
  service: Service;
  /** Undefined while its row is shut. */
  opened: Opened | undefined;
  onToggle: () => void;
  /** Milliseconds since 1970, by the broker's clock. */
  now: number;
  width: number;
  ask: (question: Question) => void;
  canAct: boolean;
}

/** A registration, and its connections if it is open. */
export function RegistrationRows({ service, opened, onToggle, now, width, ask, canAct }: Props) {
  const { registration, name, address, connections, rate } = service;
  const details = useId();
  return (
    <tbody class={opened ? 'opened' : ''}>
      <tr>
        <th scope="row">
          <button
            type="button"
            class="toggle"
            aria-expanded={opened !== undefined}
            aria-controls={details}
            onClick={onToggle}
          >
            <span aria-hidden="true" class="arrow" />
            {name}
          </button>
        </th>
        <td class="address">
          <code>{address}</code>
          <CopyButton text={address} what={`the address of ${name}`} />
        </td>
        <td
          data-title="Agent"
          class="agent"
          title={registration.info.token && `token ${registration.info.token}`}
        >
          {registration.info.address || '–'}
        </td>
        <td data-title="Age" class="figures age">
          {duration((now - Date.parse(registration.since)) / 1000)}
        </td>
        <td data-title="Connections" class="figures count">
          {count(connections)}
        </td>
        <td class="figures rate">
          <Rate rate={rate} />
        </td>
        <td class="status">
          <State {...{ registration, now }} />
        </td>
        <td class="actions">
          {registration.state !== 'draining' && (
            <button
              type="button"
              class="small"
              disabled={!canAct}
              aria-label={`${verbOf(service)} ${name}…`}
              onClick={() => ask(question(service))}
            >
              {verbOf(service)}…
            </button>
          )}
        </td>
      </tr>
      <tr id={details} hidden={!opened} class="details">
        {opened && (
          <td colSpan={width}>
            <Connections service={service} opened={opened} ask={ask} canAct={canAct} />
          </td>
        )}
      </tr>
    </tbody>
  );
}

function State({ registration, now }: { registration: Service['registration']; now: number }) {
  const { state, leaseEnds } = registration;
  const left = leaseEnds && duration((Date.parse(leaseEnds) - now) / 1000);
  return (
    <span class={`state ${state}`} title={STATES[state].meaning}>
      {STATES[state].title}
      {left && <span class="note"> {left} left</span>}
    </span>
  );
}

function verbOf({ registration }: Service): string {
  return registration.state === 'held' ? 'Release' : 'End';
}

function question(service: Service): Question {
  const { registration, name, address, connections } = service;
  const running = connections > 0 && ` Its ${several(connections, 'connection')} may finish.`;
  const isHeld = registration.state === 'held';
  const end = async (done: string) => {
    await askBroker('DELETE', `registrations/${registration.info.id}`);
    return done;
  };
  return isHeld
    ? {
        title: `Release the lease of ${name}?`,
        body: (
          <p>
            Its agent is away. {address} is given up now instead of when the lease is over.{running}
          </p>
        ),
        verb: 'Release',
        act: () => end(`The lease of ${name} was released.`),
      }
    : {
        title: `End ${name}?`,
        body: (
          <p>
            {address} is closed.{running} Its agent is told so, and asks again after half a minute
            at most: to keep it out, take away its token.
          </p>
        ),
        verb: 'End registration',
        act: () => end(`${name} was ended.`),
      };
}
