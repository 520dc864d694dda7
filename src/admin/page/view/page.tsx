import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { several } from '../../../units.ts';
import type { Live } from '../live.ts';
import { Confirm, type Question } from './confirm.tsx';
import { Fleet } from './fleet.tsx';
import { FleetNames } from './fleet-names.tsx';
import { Header } from './header.tsx';
import { Notice } from './notice.tsx';
import { Plots } from './plots.tsx';
import { Registrations } from './registrations.tsx';
import { System } from './system.tsx';
import { TokenPrompt } from './token-prompt.tsx';
import { Totals } from './totals.tsx';

/** For how long it is said what was done, in milliseconds. */
const SAID = 6000;

export function Page({ live }: { live: Live }) {
  const [question, ask] = useState<Question>();
  const [said, say] = useState('');
  const main = useRef<HTMLElement>(null);
  const focused = useRef<EventTarget>(null);
  const [, draw] = useReducer((times: number) => times + 1, 0);
  const { snapshot } = live;

  useEffect(() => live.follow(() => draw(undefined)), [live]);

  useEffect(() => {
    document.title = snapshot
      ? `${several(snapshot.registrations.length, 'registration')} · ${several(snapshot.status.counters.paired, 'connection')} – relay-broker`
      : 'relay-broker';
  });

  useEffect(() => {
    const over = setTimeout(say, SAID, '');
    return () => clearTimeout(over);
  }, [said]);

  // What had the focus may have ended, and taken the place of the keyboard along.
  useLayoutEffect(() => {
    const isGone = focused.current instanceof Element && !focused.current.isConnected;
    if (isGone && document.activeElement === document.body) {
      main.current?.focus({ preventScroll: true });
    }
  });

  return (
    <>
      <Header live={live} ask={ask} />
      <Notice live={live} />
      <main
        ref={main}
        tabIndex={-1}
        onFocusIn={({ target }) => {
          focused.current = target;
        }}
      >
        {snapshot ? (
          <>
            <Totals live={live} {...snapshot} />
            <Plots history={live.gauges.history} />
            <Registrations live={live} {...snapshot} ask={ask} />
            {snapshot.fleet && <Fleet fleet={snapshot.fleet} at={snapshot.at} />}
            {snapshot.fleet && <FleetNames />}
            <System status={snapshot.status} />
          </>
        ) : (
          <p class="empty">{live.link.state === 'locked' ? '' : 'Waiting for the broker…'}</p>
        )}
      </main>
      <div role="status">{said && <p class="toast">{said}</p>}</div>
      {live.link.state === 'locked' && <TokenPrompt live={live} isWrong={live.link.isWrong} />}
      {question && (
        <Confirm
          key={question}
          question={question}
          onClose={(outcome) => {
            // One that was put aside while it was acted on leaves the next alone.
            ask((current) => (current === question ? undefined : current));
            if (outcome) say(outcome);
          }}
        />
      )}
    </>
  );
}
