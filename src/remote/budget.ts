import { StoppedRun } from "./faults.js";

/** What a run may spend. */
export interface BudgetLimits {
  /** Requests sent at most, retries included. */
  readonly maxRequests?: number;
  /** Estimated cost at most, in US dollars. */
  readonly maxCost?: number;
}

/** Tolerance of sums of prices, in US dollars. */
const ROUNDING = 1e-9;

/** Counts the requests of a run, and stops it before one that would exceed a limit. */
export class Budget {
  /** Requests sent. */
  requests = 0;
  /** Estimated cost of the requests that may be billed, in US dollars. */
  cost = 0;

  /** @param price of a request, in US dollars; null: not known, which counts as 0. */
  constructor(
    private readonly limits: BudgetLimits,
    private readonly price: number | null,
  ) {}

  /**
   * Counts a request that is about to be sent. Until `refund`, it counts as billed.
   * @throws StoppedRun when it would exceed a limit.
   */
  take(): void {
    const { maxRequests, maxCost } = this.limits;
    const price = this.price ?? 0;
    if (maxRequests !== undefined && this.requests + 1 > maxRequests)
      throw new StoppedRun(`stopped after ${this.requests} requests, the limit of \`maxRequests\`; ${RAISE}`);
    if (maxCost !== undefined && this.cost + price > maxCost + ROUNDING)
      throw new StoppedRun(
        `stopped at an estimated cost of $${this.cost.toFixed(4)}: another request of $${price} would exceed \`maxCost\` ${maxCost}; ${RAISE}`,
      );
    this.requests++;
    this.cost += price;
  }

  /** The request was not processed, so that it is not billed: it was refused, or never arrived. */
  refund(): void {
    this.cost = Math.max(0, this.cost - (this.price ?? 0));
  }
}

const RAISE = "answers so far are kept, and a rerun with a higher limit asks only for the others";
