import { useEffect, useId, useRef } from 'preact/hooks';
import type { Live } from '../live.ts';

/** Asks for the token of the admin listener, until the broker takes what is given. */
export function TokenPrompt({ live, isWrong }: { live: Live; isWrong: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [title, field, failure] = [useId(), useId(), useId()];

  useEffect(() => {
    dialog.current?.showModal();
  }, []);

  const take = (event: SubmitEvent) => {
    event.preventDefault();
    const token = new FormData(event.target as HTMLFormElement).get('token');
    live.unlock(String(token).trim());
  };

  return (
    // Without a token there is nothing behind this to go back to.
    <dialog ref={dialog} aria-labelledby={title} onClose={() => dialog.current?.showModal()}>
      <form method="dialog" onSubmit={take}>
        <h2 id={title}>Token needed</h2>
        <p class="asked">
          It is in the file that the broker was given as <code>--admin-token-file</code>. This tab
          forgets it when it is closed.
        </p>
        <label for={field}>Token</label>
        <input
          id={field}
          name="token"
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          autofocus
          aria-invalid={isWrong}
          aria-describedby={failure}
        />
        <p role="alert" id={failure} class="failure">
          {isWrong && 'The broker does not take this token.'}
        </p>
        <div class="buttons">
          <button type="submit" class="main">
            Continue
          </button>
        </div>
      </form>
    </dialog>
  );
}
