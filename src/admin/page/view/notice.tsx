import type { Live } from '../live.ts';

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

/** What the operator should know of the connection to the broker, and of the broker itself. */
export function Notice({ live }: { live: Live }) {
  const { link, restarted, snapshot } = live;
  const isDraining = snapshot?.status.state === 'draining';
  const fleet = link.state === 'live' ? snapshot?.fleet : undefined;
  return (
    <div role="status" class="notices">
      {link.state === 'lost' && (
        <p class={`notice ${isDraining ? '' : 'grave'}`}>
          <strong>No connection to the broker since {clock.format(link.since)}.</strong>{' '}
          {isDraining ? 'It was draining, and may have ended.' : link.reason} Trying again every
          second{snapshot && '; what you see is from before'}.
        </p>
      )}
      {link.state === 'live' && restarted && (
        <p class="notice">
          <strong>The broker was restarted at {clock.format(restarted)}.</strong> Its counters began
          anew.
          <button type="button" onClick={() => live.dismissRestart()}>
            Dismiss
          </button>
        </p>
      )}
      {fleet?.tenure.held === false && (
        <p class="notice grave">
          <strong>This broker serves nobody by name.</strong> It reaches neither the directory of
          the fleet nor all other brokers, which may have its names by now.
        </p>
      )}
      {fleet?.directory.reachable === false && (
        <p class="notice">
          <strong>The directory of the fleet is away.</strong> What is registered goes on, and
          nothing new can be until NATS answers.
        </p>
      )}
      {link.state !== 'lost' && isDraining && (
        <p class="notice">
          <strong>The broker is draining.</strong> It takes no new clients or registrations, and
          exits when its connections have ended.
        </p>
      )}
    </div>
  );
}
