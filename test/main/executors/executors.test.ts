import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { toStudioError } from '#contract/api/errors.ts'
import { inspectVideos } from '#main/datasets/inspect-videos.ts'
import { localExecutor } from '#main/executors/local.ts'
import { explainCrash } from '#main/executors/memory-exhaustion.ts'
import { childEnvironment, isRunProcess } from '#main/executors/process.ts'
import { TaskCrash, taskRunner } from '#main/executors/task.ts'
import { describeExit } from '#node/processes.ts'
import { folderOf, temporaryFolder, trainingEntry } from '../support.ts'

const runTask = taskRunner({ nodePath: process.execPath, trainingEntry })

async function failure(promise: Promise<unknown>) {
  try {
    await promise
  } catch (cause) {
    return cause
  }
  throw new Error('It did not fail.')
}

test('a task reports its progress and returns its result, whatever libraries print', async () => {
  const directory = join(temporaryFolder(), 'new')
  const progress: number[] = []
  expect(await runTask('built-in-dataset', { directory }, { onProgress: ({ done }) => progress.push(done) })).toEqual({
    videos: 4,
  })
  expect(progress).toEqual([1, 2, 3, 4])
  expect((await runTask('inspect-tensors', { file: 'x' })).tensors).toHaveLength(1)
})

test('a refusal of the task arrives as it is', async () => {
  const error = toStudioError(
    await failure(
      runTask('preview', {
        videos: [
          { file: '/refused-preview.mp4', to: '/x', facts: { frameCount: 1, width: 1, height: 1, durationMs: 1 } },
        ],
        height: 1,
        frameCount: 1,
      }),
    ),
  )
  expect(error.report()).toEqual({ code: 'video-unreadable', message: 'No frames.', hint: '' })
})

test('a task that dies says how', async () => {
  const folder = folderOf({ 'crash-1.mp4': '' })
  const killed = await failure(runTask('inspect-videos', { files: [join(folder, 'crash-1.mp4')] }))
  expect(killed).toBeInstanceOf(TaskCrash)
  expect((killed as TaskCrash).message).toMatchInlineSnapshot(
    `"The task inspect-videos ended without a result (signal SIGKILL)."`,
  )
  const lost = (await failure(runTask('inspect-videos', { files: [join(folder, 'gone.mp4')] }))) as TaskCrash
  expect(lost.exit).toBe('exit code 1')
  expect(lost.message).toContain('ENOENT')
})

test('a task without a sign of life is ended, and a file whose decoder shows none, twice, counts as broken', async () => {
  const sound = ['a.mp4', 'b.mp4', 'c.mp4', 'd.mp4']
  const root = folderOf({ 'slow-1.mp4': 'slow', ...Object.fromEntries(sound.map((name) => [name, name])) })
  const silent = await failure(runTask('inspect-videos', { files: [join(root, 'slow-1.mp4')] }, { silenceMs: 1500 }))
  expect((silent as TaskCrash).exit).toBe('no sign of life for 2 s')
  // The child of the slow file has read another one before, whose result may wait.
  const found = await inspectVideos(runTask, root, [...sound, 'slow-1.mp4'], () => {}, {
    silenceMs: 8000,
    check: 'index',
  })
  expect(found.map((video) => ('reason' in video ? video.reason : video.facts.frameCount))).toEqual([
    32,
    32,
    32,
    32,
    'The decoder showed no sign of life for 8 s, twice.',
  ])
}, 180_000)

const crash = (exit: string, output: string[]) =>
  toStudioError(explainCrash(new TaskCrash('measure', exit, output), 'lower finetune.batchSize (8).')).report()

describe('of a task that memory ended', () => {
  test('the error has the last line and the settings to change', () => {
    expect(
      crash('signal SIGABRT', [
        'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
        '1: 0x2',
      ]),
    ).toMatchInlineSnapshot(`
      {
        "code": "out-of-memory",
        "hint": "To use less memory: lower finetune.batchSize (8).",
        "message": "Memory ran out (signal SIGABRT): FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
      }
    `)
  })
  test('without a last line the error has the settings to change as well', () => {
    expect(crash('signal SIGKILL', [])).toMatchInlineSnapshot(`
      {
        "code": "internal",
        "hint": "The process was killed, which systems often do when memory runs out. To use less memory: lower finetune.batchSize (8).",
        "message": "The task measure ended without a result (signal SIGKILL).",
      }
    `)
  })
  test('other endings do not mention memory', () => {
    expect(crash('signal SIGSEGV', ['out of luck']).hint).toBe(
      'Try again. If it happens again, report it with these lines.',
    )
    const other = new Error('another')
    expect(explainCrash(other, '')).toBe(other)
  })
})

test('a report that does not fit the protocol ends the task', async () => {
  const folder = folderOf({ '0f.mp4': '' })
  expect(
    toStudioError(await failure(runTask('inspect-videos', { files: [join(folder, '0f.mp4')] }))).message,
  ).toContain('frameCount')
})

test('a task that is cancelled ends its child', async () => {
  const folder = folderOf({ 'slow-1.mp4': '' })
  const abort = new AbortController()
  const error = await failure(
    runTask(
      'inspect-videos',
      { files: [join(folder, 'slow-1.mp4')] },
      { signal: abort.signal, onProgress: () => abort.abort() },
    ),
  )
  expect(toStudioError(error).report()).toMatchObject({ code: 'cancelled' })
  expect(
    toStudioError(await failure(runTask('engines', { names: ['cpu'], again: false }, { signal: abort.signal }))).code,
  ).toBe('cancelled')
})

test('a child that cannot be started says so', async () => {
  const program = { nodePath: '/nowhere/node', trainingEntry }
  expect(
    toStudioError(await failure(taskRunner(program)('engines', { names: ['cpu'], again: false }))).message,
  ).toMatchInlineSnapshot(`"The training process could not be started: spawn /nowhere/node ENOENT"`)
  const { handle, ended } = await localExecutor(program).submit(temporaryFolder(), { cards: [] })
  expect(handle).toEqual({ pid: null, cards: [], slot: null })
  expect(await ended).toMatchInlineSnapshot(`"could not be started: spawn /nowhere/node ENOENT"`)
})

test('a job is running as long as its process lives, also without a stored handle, and is gone when cancelled', async () => {
  const folder = folderOf({ 'heartbeat.json': JSON.stringify({ pid: 2 ** 22 - 1, startedAt: '', at: '', step: 0 }) })
  const entry = join(folderOf({ 'wait.mjs': 'setInterval(() => {}, 1000)' }), 'wait.mjs')
  const executor = localExecutor({ nodePath: process.execPath, trainingEntry: entry })
  const { handle, ended } = await executor.submit(folder, { cards: [] })
  const job = { folder, submittedAt: new Date().toISOString(), handle }
  const { pid } = z.object({ pid: z.int() }).parse(handle)
  // The heartbeat is that of an earlier process: this one is found by its arguments.
  expect(await executor.poll([job, { ...job, handle: null }])).toEqual(['running', 'running'])
  writeFileSync(join(folder, 'heartbeat.json'), JSON.stringify({ pid, startedAt: '', at: '', step: 0 }))
  expect(await executor.poll([{ ...job, handle: null }])).toEqual(['running'])
  await executor.cancel(job)
  expect(await ended).toBe('signal SIGKILL')
  expect(await executor.poll([job])).toEqual(['gone'])
  await executor.cancel(job)
})

test.each([
  { job: undefined, variables: ['CUDA_VISIBLE_DEVICES=GPU-1,GPU-0', 'MVD_STUDIO_VISIBLE_BEFORE=0,1'] },
  { job: '4711', variables: ['CUDA_VISIBLE_DEVICES=0,1', 'MVD_STUDIO_CARDS=1,0'] },
])('a run is bound to its cards, and in the job $job of Slurm the visible cards stay', async ({ job, variables }) => {
  const folder = temporaryFolder()
  const nodePath = join(folderOf({ node: '#!/bin/sh\nenv | grep -E "^(CUDA_VISIBLE|MVD_STUDIO_)" | sort\n' }), 'node')
  chmodSync(nodePath, 0o755)
  onTestFinished(() => void vi.unstubAllEnvs())
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '0,1')
  vi.stubEnv('SLURM_JOB_ID', job)
  const executor = localExecutor({ nodePath, trainingEntry })
  const cards = [
    { uuid: 'GPU-1', number: 1 },
    { uuid: 'GPU-0', number: 0 },
  ]
  const { handle, ended } = await executor.submit(folder, { cards })
  expect(await ended).toBe('exit code 0')
  expect(readFileSync(join(folder, 'process.log'), 'utf8').trim().split('\n')).toEqual(variables)
  expect(executor.cardsOf(handle)).toEqual(['GPU-1', 'GPU-0'])
  expect(executor.cardsOf(executor.reserve({ cards }))).toEqual(['GPU-1', 'GPU-0'])
})

test('a handle without cards, of an earlier version, holds none', () => {
  const executor = localExecutor({ nodePath: process.execPath, trainingEntry })
  expect(executor.cardsOf({ pid: 7 })).toEqual([])
  expect(executor.cardsOf('of another executor')).toEqual([])
})

test('a process is the run’s only when its command line names the folder', () => {
  expect(isRunProcess(process.pid, '/some/run', Date.now())).toBe(false)
  expect(isRunProcess(process.pid, process.argv[0]!, Date.now())).toBe(true)
  expect(isRunProcess(2 ** 22 - 1, process.argv[0]!, Date.now())).toBe(false)
})

test.each([
  [0, null, 'exit code 0'],
  [null, 'SIGSEGV', 'signal SIGSEGV'],
] as const)('an exit with %s and %s reads: %s', (code, signal, words) => {
  expect(describeExit(code, signal)).toBe(words)
})

test('children count cards as nvidia-smi does, unless the user chose another order', () => {
  expect(childEnvironment()['CUDA_DEVICE_ORDER']).toBe('PCI_BUS_ID')
  vi.stubEnv('CUDA_DEVICE_ORDER', 'FASTEST_FIRST')
  onTestFinished(() => void vi.unstubAllEnvs())
  expect(childEnvironment()['CUDA_DEVICE_ORDER']).toBe('FASTEST_FIRST')
})
