import { randomAt } from "../src/random.js";

/*
 * Plans beyond one machine: how many workers a number of images a day needs, and how many Redis servers feed them. A simulation of
 * events with measured figures: images arrive at random, twice as many at noon as on average; a worker's core takes a
 * lognormal time for each; each job costs its Redis server a fixed time, one job after the other.
 *
 *   node dist/bench/queue-simulation.js [images a day] [seconds of a core per image] [jobs a second of one Redis]
 */

const [perDay = 1e8, secondsPerImage = 0.8, redisJobs = 2_700] = process.argv.slice(2).map(Number);

const DAY = 86_400;
/** The busiest hour has this many times the images of the average one. */
const PEAK = 2;
/** Share of its time that a server or a core should be busy at the peak at most, so that queues stay short. */
const BUSY = 0.7;
/** Spread of the times of images: the standard deviation of their logarithm. */
const SPREAD = 0.6;

/** Cores and Redis servers for the busiest hour. */
function sized() {
  const rate = (PEAK * perDay) / DAY;
  return { rate, cores: Math.ceil((rate * secondsPerImage) / BUSY), servers: Math.ceil(rate / (BUSY * redisJobs)) };
}

/** When each of several machines is free; the one that is free first is at the top. */
class Earliest {
  private readonly heap: Float64Array;

  constructor(count: number) {
    this.heap = new Float64Array(count);
  }

  /** Gives the work that is ready at a time to the machine that is free first. @returns when it begins. */
  take(ready: number, seconds: number): number {
    const { heap } = this;
    const begin = Math.max(ready, heap[0] as number);
    heap[0] = begin + seconds;
    for (let at = 0, child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[at] as number) <= (heap[child] as number)) break;
      [heap[at], heap[child]] = [heap[child] as number, heap[at] as number];
      at = child;
    }
    return begin;
  }
}

/** Simulates part of the busiest hour. @returns the waits in seconds: half of the images, and 99 of 100, wait at most that long. */
function simulated({ rate, cores, servers }: ReturnType<typeof sized>, images = 400_000) {
  const random = randomAt(0, 0);
  const [machines, queues] = [new Earliest(cores), Array.from({ length: servers }, () => new Earliest(1))];
  const mean = Math.log(secondsPerImage) - SPREAD ** 2 / 2;
  const waits = new Float64Array(images);
  let time = 0;
  for (let i = 0; i < images; i++) {
    time -= Math.log(1 - random.uniform()) / rate;
    const queue = queues[random.integer(servers)] as Earliest;
    const added = queue.take(time, 1 / redisJobs) + 1 / redisJobs;
    waits[i] = machines.take(added, Math.exp(mean + SPREAD * random.normal())) - time;
  }
  const settled = waits.subarray(images / 4).sort();
  const quantile = (share: number): number =>
    Math.round(1_000 * (settled[Math.floor(share * settled.length)] as number)) / 1_000;
  return { median: quantile(0.5), p99: quantile(0.99) };
}

const size = sized();
const { rate, cores, servers } = size;
const coresOfOneRedis = Math.floor(BUSY * redisJobs * secondsPerImage);
console.log(
  JSON.stringify(
    {
      ...{ perDay, secondsPerImage, redisJobs, peakPerSecond: Math.round(rate), cores, servers, coresOfOneRedis },
      waitSeconds: simulated(size),
      withHalfTheCores: simulated({ ...size, cores: Math.ceil(cores / 2) }),
    },
    null,
    2,
  ),
);
