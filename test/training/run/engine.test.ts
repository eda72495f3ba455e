import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { toStudioError } from '#contract/api/errors.ts'
import { engineNames, type EngineChoice, type EngineName, type EngineTrial } from '#contract/domain/engine.ts'
import { type RunEvent, runEvent } from '#contract/domain/run-event.ts'
import type { RunFile } from '#contract/domain/run.ts'
import { checkpointFolder, runFiles } from '#contract/layout.ts'
import { earlierAttempts } from '#training/run/earlier-attempts.ts'
import { openEngine } from '#training/run/engine.ts'
import { Recorder } from '#training/run/recorder.ts'
import { createEngine } from '#training/selection/create-engine.ts'
import { TrialCache } from '#training/selection/trial-cache.ts'
import { cardOf, standInCards } from '../../support/nvidia-smi.ts'
import { withVariable } from '../selection/child-hooks.ts'

/** A machine on which it is remembered that `auto` takes the compiled engine. */
function remember(folder: string): void {
  withVariable('XDG_CACHE_HOME', folder)
  const trials = engineNames.map((name): EngineTrial => {
    const isPresent = name === 'onnx-cpu'
    return {
      name,
      isPresent,
      reason: 'As remembered.',
      device: isPresent ? 'CPU' : '',
      install: '',
      selfTest: isPresent ? { passed: true, worstDifference: 0, sentence: '' } : null,
      secondsPerStep: isPresent ? 0.1 : null,
    }
  })
  new TrialCache(availableParallelism(), () => {}).write({ triedAt: new Date().toISOString(), trials })
}

interface Earlier {
  engineName?: EngineName
  /** What the engine called itself. */
  engine: string
}

/** Opens the engine of a run that was started before as told, and returns what its log says. */
async function reopen(choice: EngineChoice, earlier: readonly Earlier[], hasCheckpoint: boolean, cards = 1) {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-run-engine-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  remember(folder)
  using recorder = new Recorder(folder)
  earlier.forEach((attempt, index) =>
    recorder.write({
      type: 'started',
      attempt: index + 1,
      fromStep: 0,
      pid: 1,
      totalSteps: 9,
      epochs: 1,
      effectiveBatchSize: 1,
      parameters: 1,
      ...attempt,
    }),
  )
  if (hasCheckpoint) mkdirSync(join(folder, runFiles.checkpoints, checkpointFolder(4)), { recursive: true })
  // Only the choice is read of the file.
  const file = { general: { engine: choice, cards } } as RunFile
  const engine = await openEngine(folder, file, earlierAttempts(folder), recorder)
  await engine.dispose()
  const events = readFileSync(join(folder, runFiles.events), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line): RunEvent => runEvent.parse(JSON.parse(line)))
  return {
    name: engine.name,
    log: events.flatMap((event) => (event.type === 'log' ? [`${event.level}: ${event.message}`] : [])),
  }
}

const plain = await createEngine('cpu')
const compiled = await createEngine('onnx-cpu')
const chosen = expect.stringMatching(/^info: auto chose onnx-cpu: 100 ms per step; /)

test('a first attempt uses the engine that auto chooses, and logs the reasons', async () => {
  expect(await reopen('auto', [], false)).toEqual({ name: 'onnx-cpu', log: [chosen] })
})

test('a run goes on from its checkpoint with the engine that it had, though auto would take another now', async () => {
  expect(
    await reopen(
      'auto',
      [
        { engine: compiled.description, engineName: 'onnx-cpu' },
        { engine: plain.description, engineName: 'cpu' },
      ],
      true,
    ),
  ).toEqual({ name: 'cpu', log: [] })
})

test('without a checkpoint there is nothing to resume, and auto chooses again', async () => {
  expect(await reopen('auto', [{ engine: plain.description, engineName: 'cpu' }], false)).toEqual({
    name: 'onnx-cpu',
    log: [chosen],
  })
})

test('where the engine is not what it was, the log says what that means', async () => {
  expect(await reopen('cpu', [{ engine: 'tfjs 4.21.0, CPU, 1 thread, plain JavaScript' }], true)).toEqual({
    name: 'cpu',
    log: [
      `warning: Resuming with "${plain.description}". Earlier steps used "tfjs 4.21.0, CPU, 1 thread, plain JavaScript", so results may differ in the last bits.`,
    ],
  })
})

test('a run whose engine is gone does not go on with another', async () => {
  const { code, message, hint } = toStudioError(
    await reopen('auto', [{ engine: 'TensorFlow 2.9.1, GPU', engineName: 'tensorflow' }], true).catch(
      (cause: unknown) => cause,
    ),
  )
  expect([code, message, hint]).toMatchInlineSnapshot(`
    [
      "engine-unavailable",
      "This run can only resume with its engine 'tensorflow'. The engine 'tensorflow' is not present: The native library of @tensorflow/tfjs-node-gpu is missing or cannot be loaded.",
      "Make that engine available again and resume, or launch the stage again.",
    ]
  `)
})

test('half a line of an attempt that was killed is no attempt', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-run-engine-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, runFiles.events), '{"type":"started","attempt":1,"fr\n')
  expect(earlierAttempts(folder)).toEqual([])
})

test('a run on several cards does not resume where there are fewer', async () => {
  standInCards([cardOf(0), cardOf(1)])
  const earlier = [{ engine: 'ONNX Runtime 1.29.0, CUDA 13, batches on 4 cards', engineName: 'onnx-cuda' as const }]
  const failure = (choice: EngineChoice) => reopen(choice, earlier, true, 4).catch((cause: unknown) => cause)
  for (const choice of ['auto', 'onnx-cuda'] as const)
    expect(toStudioError(await failure(choice)).report()).toEqual({
      code: 'engine-unavailable',
      message: 'This run computes on 4 graphics cards (general.cards), and on this machine it sees only 2 cards.',
      hint: 'Resume it on a machine with enough cards, or launch the stage again with fewer: another number changes results in the last bits.',
    })
})

test('a run that named its engine does not resume without it either', async () => {
  withVariable('XDG_DATA_HOME', mkdtempSync(join(tmpdir(), 'mvd-run-engine-')))
  const earlier = [{ engine: 'ONNX Runtime 1.29.0, CUDA 13', engineName: 'onnx-cuda' as const }]
  const error = toStudioError(await reopen('onnx-cuda', earlier, true).catch((cause: unknown) => cause))
  expect(error.message).toContain("This run can only resume with its engine 'onnx-cuda'.")
  expect(error.hint).toBe('Make that engine available again and resume, or launch the stage again.')
})
