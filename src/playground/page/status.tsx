import { activity, news, online, problem } from "./state.js";
import { training } from "./tuning.js";

/** News that are shown; others are for screen readers alone. */
const NOTED = /^Canceled|is ready/;

/** What the page is doing, what went wrong, and whether there is a network. */
export const Status = () => (
  <div class="status">
    {!online.value && <p class="toast">You are offline. The page works with what it has stored.</p>}
    <div role="alert">
      {problem.value && (
        <div class="toast problem">
          <p>{problem.value}</p>
          <Dismiss of={problem} />
        </div>
      )}
    </div>
    <div role="status" class={NOTED.test(news.value) && !activity.value ? "toast" : "unseen"}>
      <p>{news.value}</p>
      {NOTED.test(news.value) && <Dismiss of={news} />}
    </div>
    <Working />
  </div>
);

const Dismiss = ({ of }: { readonly of: { value: string | undefined } }) => (
  <button
    type="button"
    class="small"
    onClick={() => {
      of.value = "";
    }}
  >
    Dismiss
  </button>
);

/** The progress of the running work, and a button that stops it. */
function Working() {
  const running = activity.value;
  return (
    <div role="status" class={running ? "toast activity" : "unseen"}>
      {running && (
        <>
          <span>
            {training.value ? "waiting for the training: " : ""}
            {running.text} …
          </span>
          <progress aria-label={running.text} max={1} {...(running.share !== undefined && { value: running.share })} />
          {running.cancel && (
            <button type="button" class="small" onClick={running.cancel}>
              Cancel
            </button>
          )}
        </>
      )}
    </div>
  );
}
