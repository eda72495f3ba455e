import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { runFiles } from '#contract/layout.ts'
import { describeExit, findProcess, killTree } from '#node/processes.ts'
import { threadVariables } from '#node/thread-share.ts'
import type { Allocation, Executor, Job } from './executor.ts'
import { readAttemptProcess, readHeartbeat } from './heartbeat.ts'
import { cardVariables, childEnvironment, childOptions, isRunProcess } from './process.ts'
import type { ChildProgram } from './task.ts'

const localHandle = z.object({
  /** Null before the process was started, and if it could not be. */
  pid: z.int().nullable(),
  /** UUIDs of the NVIDIA cards that it was given. */
  cards: z.array(z.string()).default([]),
  /** Null on cards, and in handles of earlier versions. */
  slot: z.object({ number: z.int(), threads: z.int() }).nullable().default(null),
})
type LocalHandle = z.infer<typeof localHandle>

/**
 * Runs as child processes on this machine. A child leads its own process group and writes to `process.log`, so it
 * continues if the studio closes or dies.
 */
export function localExecutor(program: ChildProgram): Executor {
  return {
    name: 'local',
    describe: () => ({ processors: availableParallelism(), memoryBytes: totalmem() }),
    submit: async (folder, allocation) => start(program, folder, allocation),
    reserve: (allocation): LocalHandle => handleOf(null, allocation),
    cardsOf: (handle) => localHandle.safeParse(handle).data?.cards ?? [],
    slotOf: (handle) => localHandle.safeParse(handle).data?.slot ?? undefined,
    poll: pollLocalJobs,
    cancel: async (job) => {
      const pid = livingProcess(job)
      if (pid !== undefined) killTree(pid)
    },
  }
}

/** States of jobs that a local executor started, whichever studio it belonged to. */
export const pollLocalJobs: Executor['poll'] = async (jobs) =>
  jobs.map((job) => (livingProcess(job) === undefined ? 'gone' : 'running'))

function start(
  program: ChildProgram,
  folder: string,
  allocation: Allocation,
): { handle: LocalHandle; ended: Promise<string> } {
  const output = openSync(join(folder, runFiles.output), 'a')
  try {
    const child = spawn(program.nodePath, [...childOptions, program.trainingEntry, 'run', folder], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', output, output],
      env: {
        ...childEnvironment(),
        ...cardVariables(allocation.cards, process.env),
        ...(allocation.slot === undefined ? {} : threadVariables(allocation.slot.threads)),
      },
      windowsHide: true,
    })
    child.unref()
    const ended = new Promise<string>((resolve) => {
      child.once('error', (cause) => resolve(`could not be started: ${cause.message}`))
      child.once('exit', (code, signal) => resolve(describeExit(code, signal)))
    })
    return { handle: handleOf(child.pid ?? null, allocation), ended }
  } finally {
    closeSync(output)
  }
}

const handleOf = (pid: number | null, { cards, slot }: Allocation): LocalHandle => ({
  pid,
  cards: cards.map(({ uuid }) => uuid),
  slot: slot ?? null,
})

/** Process id of a job that lives now, whichever studio started it. */
function livingProcess({ folder, submittedAt, handle }: Job): number | undefined {
  const beat = readHeartbeat(folder)
  const lastSignOfLifeMs = Math.max(...[submittedAt, beat?.at].map((at) => (at === undefined ? 0 : Date.parse(at))))
  const stored = localHandle.safeParse(handle).data?.pid
  const isAlive = (pid: number | null | undefined): pid is number =>
    typeof pid === 'number' && isRunProcess(pid, folder, lastSignOfLifeMs)
  const known = [stored, beat?.pid, readAttemptProcess(folder)].find(isAlive)
  if (known !== undefined || typeof stored === 'number') return known
  // The studio ended before it stored the process id, or the record is damaged: a process that has not begun is found by its arguments.
  return findProcess('run', folder)
}
