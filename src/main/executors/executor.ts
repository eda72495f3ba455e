import { z } from 'zod'
import type { Resources } from '#contract/domain/resources.ts'

/** Identifies a job for the executor that started it. Only that executor reads it; it is stored in `process.json`. */
export const jobHandle = z.json()
export type JobHandle = z.infer<typeof jobHandle>

/** The process of a run, as its executor identifies it. */
export interface Job {
  /** Absolute path of the run's folder. */
  readonly folder: string
  readonly submittedAt: string
  /** Null in records of earlier versions, if the studio ended between submitting the job and storing its handle. */
  readonly handle: JobHandle | null
}

/** `unknown` means that the executor could not find out; the run keeps its status. */
export type JobState = 'pending' | 'running' | 'gone' | 'unknown'

export interface Submission {
  readonly handle: JobHandle
  /** How the process ended (`exit code 1`), if this executor sees it end. Otherwise `poll` reports when it is gone. */
  readonly ended?: Promise<string>
}

/** An NVIDIA card that a job computes on. */
export interface AssignedCard {
  readonly uuid: string
  /** Its number among the visible cards, counted from 0. */
  readonly number: number
}

/** A share of the processor. */
export interface AssignedSlot {
  /** Counted from 1. */
  readonly number: number
  readonly threads: number
}

/** What a job gets of the machine: cards, or a slot. */
export interface Allocation {
  readonly cards: readonly AssignedCard[]
  readonly slot?: AssignedSlot
}

/** Where runs compute. The studio knows their processes only through this. */
export interface Executor {
  /** Stored with the handle. */
  readonly name: string
  /** Processors and memory of the machine that computes. */
  describe(): Resources
  /** Starts the process of a run. It must outlive the studio. */
  submit(folder: string, allocation: Allocation): Promise<Submission>
  /** A handle to store before `submit`: it names the cards, in case the studio ends before it stores the one that `submit` returns. */
  reserve(allocation: Allocation): JobHandle
  /** UUIDs of the cards that a job computes on. */
  cardsOf(handle: JobHandle): readonly string[]
  /** The slot that a job computes in; undefined if it has none, or an earlier version started it. */
  slotOf(handle: JobHandle): AssignedSlot | undefined
  /** The state of each job, in order, from one query. */
  poll(jobs: readonly Job[]): Promise<JobState[]>
  /** Ends a job and everything that it started, without asking it to save. No error if it has ended. */
  cancel(job: Job): Promise<void>
}
