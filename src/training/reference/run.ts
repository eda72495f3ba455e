import { toStudioError } from '#contract/api/errors.ts'
import type { EngineName } from '#contract/domain/engine.ts'
import type { ReferenceResult } from '#contract/domain/reference.ts'
import { listEngines } from '../engine/list-engines.ts'
import type { Engine } from '../engine/program/engine.ts'
import { createEngine } from '../selection/create-engine.ts'
import type { NamedHostTensors } from '../tensor/host-tensor.ts'
import { findCases, type FoundCase } from './find.ts'
import { compareHuggingFace, readHuggingFaceCase } from './hugging-face.ts'
import { type Comparison, Ledger, worstOf } from './ledger.ts'
import { type ModelCase, readModelCase } from './model-case.ts'
import { compareClassifier } from './models/classifier.ts'
import { compareMae } from './models/mae.ts'
import { compareStudent } from './models/student.ts'
import { compareVideoMae } from './models/videomae.ts'
import { compareSchedules } from './schedules.ts'
import { compareFile } from './tensor-file.ts'

export interface ReferenceRequest {
  readonly directory: string
  /** Null for every engine that is present. */
  readonly engine: EngineName | null
}

/**
 * Runs every case below a folder through the studio's own models, objectives and optimizer. A case that cannot be run
 * fails with a message and the other cases continue.
 * @throws StudioError `not-found` if there is no case, `engine-unavailable` if the requested engine is not present.
 */
export async function runReference(
  { directory, engine }: ReferenceRequest,
  report: (result: ReferenceResult, done: number, total: number) => void,
  signal: AbortSignal,
): Promise<ReferenceResult[]> {
  const cases = await findCases(directory)
  await using stack = new AsyncDisposableStack()
  const names =
    engine === null ? (await listEngines()).filter(({ isPresent }) => isPresent).map(({ name }) => name) : [engine]
  const engines: Engine[] = []
  for (const name of names) engines.push(stack.adopt(await createEngine(name), (opened) => opened.dispose()))

  const runs = cases.flatMap((found) => runnersOf(found, engines, signal).map((runner) => ({ found, runner })))
  const results: ReferenceResult[] = []
  for (const { found, runner } of runs) {
    signal.throwIfAborted()
    const result = await judge(found, runner, signal)
    results.push(result)
    report(result, results.length, runs.length)
  }
  return results
}

/** Runs a case on one engine and lists every comparison; for tests that need more detail than a result has. */
export async function compareCase(found: FoundCase, engine: Engine, signal: AbortSignal): Promise<Comparison[]> {
  const [runner] = runnersOf(found, [engine], signal)
  return (await runner?.run()) ?? []
}

/** A case on one engine, or on none if it has no tensor code. */
interface Runner {
  readonly engine: EngineName | null
  run(): Promise<Comparison[]>
}

function runnersOf({ kind, path }: FoundCase, engines: readonly Engine[], signal: AbortSignal): Runner[] {
  switch (kind) {
    case 'schedules':
      return withoutEngine(() => compareSchedules(path))
    case 'file':
      return withoutEngine(() => compareFile(path, signal))
    case 'hugging-face':
      return onEach(engines, () => readHuggingFaceCase(path, signal), compareHuggingFace)
    case 'model':
      return onEach(engines, () => readModelCase(path, signal), compareModel)
  }
}

const withoutEngine = (compare: () => Promise<Ledger>): Runner[] => [
  { engine: null, run: async () => finished(await compare()) },
]

/** Reads a case once, for its first engine. */
function onEach<C extends { readonly expected: NamedHostTensors }>(
  engines: readonly Engine[],
  read: () => Promise<C>,
  compare: (engine: Engine, found: C, ledger: Ledger) => Promise<void>,
): Runner[] {
  let reading: Promise<C> | undefined
  return engines.map((engine) => ({
    engine: engine.name,
    async run() {
      reading ??= read()
      const found = await reading
      const ledger = new Ledger(found.expected)
      await compare(engine, found, ledger)
      return finished(ledger)
    },
  }))
}

function compareModel(engine: Engine, { file, ...tensors }: ModelCase, ledger: Ledger): Promise<void> {
  switch (file.model) {
    case 'mae':
      return compareMae(engine, { file, ...tensors }, ledger)
    case 'videomae':
      return compareVideoMae(engine, { file, ...tensors }, ledger)
    case 'mvd-student':
      return compareStudent(engine, { file, ...tensors }, ledger)
    case 'classifier':
      return compareClassifier(engine, { file, ...tensors }, ledger)
  }
}

function finished(ledger: Ledger): Comparison[] {
  ledger.finish()
  return ledger.comparisons
}

async function judge({ name }: FoundCase, { engine, run }: Runner, signal: AbortSignal): Promise<ReferenceResult> {
  const from = performance.now()
  const result = (comparisons: readonly Comparison[], problem: string | null): ReferenceResult => {
    const worst = worstOf(comparisons)
    const passed = problem === null && worst.every((entry) => entry.passed)
    return { name, engine, passed, worst, compared: comparisons.length, problem, durationMs: performance.now() - from }
  }
  try {
    return result(await run(), null)
  } catch (cause) {
    if (signal.aborted) throw cause
    const { message, hint } = toStudioError(cause)
    return result([], `${message} ${hint}`)
  }
}
