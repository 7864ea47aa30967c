import { TonalitetError } from '../errors.js';
import type { RecognitionPriority } from './speech-engine.js';
import type { WorkItems, WorkKind, WorkResults } from './work.js';

/** One item of work that waits for a thread. */
export interface Job<K extends WorkKind = WorkKind> {
  readonly kind: K;
  readonly item: WorkItems[K];
  readonly priority: RecognitionPriority;
  /** Work is done together with work of the same group alone; without one, with other work without one. */
  readonly group: object | undefined;
  /** How long the item is: seconds of audio, or characters of text. */
  readonly length: number;
  /** In milliseconds of the queue's clock. */
  readonly queuedAt: number;
  /** It was in a batch in which a thread was lost; it is done by itself the next time, in case it is the cause. */
  readonly retried: boolean;
  readonly resolve: (result: WorkResults[K]) => void;
  /** Also called by the queue, for what it drops. */
  readonly reject: (error: TonalitetError) => void;
}

/** What may be done together. */
export interface BatchRule {
  /** The most items in one batch. */
  readonly maxItems: number;
  /** The most that the items may be long together, each counted as long as the longest. */
  readonly maxLength: number;
  /** The shortest item as a share of the longest: shorter ones would be padded for most of their length. */
  readonly minRatio: number;
}

export interface QueueLimits {
  /** The most jobs of either priority that wait. */
  readonly maxJobs: number;
  /** The most partial jobs that wait. */
  readonly maxPartials: number;
  /** The most seconds of audio that wait. */
  readonly maxAudioS: number;
  /** A partial job that has waited this long is dropped: by then there is more to hear. */
  readonly maxPartialWaitMs: number;
}

/**
 * Work that waits, and the choice of what is done next: finals before partials, the oldest first, the kinds of work in turn,
 * together with others of similar length. Partials give way, the oldest first, where room is short. Pure: the clock is the caller's.
 */
export class JobQueue<J extends Job = Job> {
  readonly #rules: Readonly<Record<WorkKind, BatchRule>>;
  readonly #limits: QueueLimits;
  /** In order of arrival. */
  #finals: J[] = [];
  #partials: J[] = [];
  #audioS = 0;
  #lastKind: WorkKind | undefined;

  constructor(rules: Readonly<Record<WorkKind, BatchRule>>, limits: QueueLimits) {
    this.#rules = rules;
    this.#limits = limits;
  }

  get size(): number {
    return this.#finals.length + this.#partials.length;
  }

  /** @throws TonalitetError `QUEUE_FULL`. */
  add(job: J): void {
    this.#dropStale(job.queuedAt);
    const { maxJobs, maxPartials, maxAudioS } = this.#limits;
    const audioS = audioSeconds(job);
    if (job.priority === 'partial') {
      while (this.#partials.length >= maxPartials) this.#dropOldestPartial('newer partial work');
    } else {
      while (this.#partials.length > 0 && (this.size >= maxJobs || this.#audioS + audioS > maxAudioS)) this.#dropOldestPartial('final work');
    }
    if (this.size >= maxJobs || this.#audioS + audioS > maxAudioS) {
      throw new TonalitetError(
        'QUEUE_FULL',
        `Expected at most ${maxJobs} pieces of work and ${maxAudioS} s of audio to wait at a time, got more. ` +
          'Wait for earlier work before giving more, or start more workers.',
      );
    }
    (job.priority === 'final' ? this.#finals : this.#partials).push(job);
    this.#audioS += audioS;
  }

  /** Puts back what was taken, in front of everything else; limits do not apply. */
  putBack(jobs: readonly J[]): void {
    for (const job of jobs) this.#audioS += audioSeconds(job);
    this.#finals.unshift(...jobs.filter((job) => job.priority === 'final'));
    this.#partials.unshift(...jobs.filter((job) => job.priority === 'partial'));
  }

  /** Takes out a job that nobody waits for any longer. */
  remove(job: J): void {
    this.#take([job]);
  }

  /** Takes the jobs that are to be done next, all of one kind and priority, at least one unless the queue is empty. */
  next(nowMs: number): J[] {
    this.#dropStale(nowMs);
    const candidates = this.#finals.length > 0 ? this.#finals : this.#partials;
    const head = candidates.find((job) => job.kind !== this.#lastKind) ?? candidates[0];
    if (head === undefined) return [];
    const batch = head.retried ? [head] : this.#gather(head, candidates);
    this.#take(batch);
    this.#lastKind = head.kind;
    return batch;
  }

  /** Empties the queue. */
  clear(): J[] {
    const all = [...this.#finals, ...this.#partials];
    this.#take(all);
    return all;
  }

  #gather(head: J, candidates: readonly J[]): J[] {
    const { maxItems, maxLength, minRatio } = this.#rules[head.kind];
    const batch = [head];
    let shortest = head.length;
    let longest = head.length;
    for (const job of candidates) {
      if (batch.length >= maxItems) break;
      if (job === head || job.kind !== head.kind || job.group !== head.group || job.retried) continue;
      const low = Math.min(shortest, job.length);
      const high = Math.max(longest, job.length);
      if (low < high * minRatio || high * (batch.length + 1) > maxLength) continue;
      batch.push(job);
      shortest = low;
      longest = high;
    }
    return batch;
  }

  #take(jobs: readonly J[]): void {
    const taken = new Set(jobs);
    const stays = (job: J): boolean => !taken.has(job);
    for (const job of [...this.#finals, ...this.#partials]) if (taken.has(job)) this.#audioS -= audioSeconds(job);
    this.#finals = this.#finals.filter(stays);
    this.#partials = this.#partials.filter(stays);
    // Sums of fractions drift; an empty queue holds nothing.
    if (this.size === 0) this.#audioS = 0;
  }

  #dropStale(nowMs: number): void {
    const { maxPartialWaitMs } = this.#limits;
    while (this.#partials[0] !== undefined && nowMs - this.#partials[0].queuedAt > maxPartialWaitMs) {
      this.#dropOldestPartial(`it had waited for more than ${maxPartialWaitMs} ms`);
    }
  }

  #dropOldestPartial(reason: string): void {
    const job = this.#partials[0]!;
    this.#take([job]);
    job.reject(new TonalitetError('QUEUE_FULL', `A partial recognition gave way: ${reason}. Ask again when there is more to hear.`));
  }
}

function audioSeconds(job: Job): number {
  return job.kind === 'recognise' ? job.length : 0;
}
