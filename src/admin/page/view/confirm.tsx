import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { TokenNeeded } from '../feed/api.ts';

/** Something that is done only after the operator has said yes. */
export interface Question {
  title: string;
  body: ComponentChildren;
  /** What the button says that does it. */
  verb: string;
  /** Does it, and says in a sentence what was done. */
  act: () => Promise<string>;
}

interface Props {
  question: Question;
  /** @param outcome - of what was done, if anything was */
  onClose: (outcome?: string) => void;
}

export function Confirm({ question, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isActing, setActing] = useState(false);
  const [failure, setFailure] = useState('');
  const title = useId();

  useEffect(() => dialog.current?.showModal(), []);

  const close = (outcome?: string) => {
    dialog.current?.close();
    onClose(outcome);
  };

  const act = async () => {
    setActing(true);
    try {
      close(await question.act());
    } catch (error) {
      // The page asks for the token by itself, above this.
      const reason =
        error instanceof TokenNeeded
          ? 'The broker asks for its token.'
          : `${(error as Error).message}`;
      setFailure(reason);
    } finally {
      setActing(false);
    }
  };

  return (
    <dialog
      ref={dialog}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          void act();
        }}
      >
        <h2 id={title}>{question.title}</h2>
        <div class="asked">{question.body}</div>
        <p role="alert" class="failure">
          {failure}
        </p>
        <div class="buttons">
          <button type="button" onClick={() => close()}>
            Cancel
          </button>
          <button type="submit" class="grave" disabled={isActing}>
            {question.verb}
          </button>
        </div>
      </form>
    </dialog>
  );
}
