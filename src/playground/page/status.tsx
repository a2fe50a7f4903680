import { activity, news, online, problem } from "./state.js";

/** News that are shown; others are for screen readers alone. */
const NOTED = /^Canceled|is ready/;

/** What the page is doing, what went wrong, and whether there is a network. */
export const Status = () => (
  <div class="status">
    {!online.value && <p class="notice">You are offline. The page goes on with what it has stored.</p>}
    <div role="alert">{problem.value && <p class="problem">{problem.value}</p>}</div>
    <p role="status" class={activity.value || !NOTED.test(news.value) ? "unseen" : "notice"}>
      {news.value}
    </p>
    <div role="status" aria-live="polite" class={activity.value ? "activity" : "unseen"}>
      {activity.value && (
        <>
          <span>{activity.value.text} …</span>
          <progress
            aria-label={activity.value.text}
            max={1}
            {...(activity.value.share !== undefined && { value: activity.value.share })}
          />
          {activity.value.cancel && (
            <button type="button" onClick={activity.value.cancel}>
              Cancel
            </button>
          )}
        </>
      )}
    </div>
  </div>
);
