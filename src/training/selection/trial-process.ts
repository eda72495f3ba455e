import { availableParallelism } from 'node:os'
import { engineName, type EngineName, type EngineTrial } from '#contract/domain/engine.ts'
import { reasonOf, reportEngine } from '../engine/list-engines.ts'
import { openEngine } from '../engine/open-engine.ts'
import type { Engine } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import { isSoftwareCard } from './choose.ts'
import { selfTest, twoSteps } from './self-test.ts'
import { timedProgram } from './trial-program.ts'
import type { TrialMessage } from './try-engines.ts'

const timedSteps = 3
const learningRate = 1e-3

// Entry of the process that tries engines: `trial-process.ts <threads> all|likely <engine>...`. It sends a message before each phase, so that
// the parent knows which one crashed or hangs.
const [threads, extent, ...names] = process.argv.slice(2)
// The parent has ended.
process.once('disconnect', () => process.exit())
const expected = await twoSteps(await openEngine('cpu'))
for (const name of names) await tryEngine(engineName.parse(name), Number(threads) || availableParallelism())
process.disconnect?.()
// Threads of native libraries would keep the process alive.
process.exit()

async function tryEngine(name: EngineName, threads: number): Promise<void> {
  await send({
    phase: 'opening',
    trial: { name, isPresent: false, reason: '', device: '', install: '', selfTest: null, secondsPerStep: null },
  })
  let trial: EngineTrial = { ...(await reportEngine(name)), selfTest: null, secondsPerStep: null }
  if (trial.isPresent && (extent === 'all' || !isSoftwareCard(trial))) {
    await send({ phase: 'testing', trial })
    try {
      const engine = await openEngine(name, { threads })
      const { passed, worstDifference, sentence } = await selfTest(engine, expected)
      trial = {
        ...trial,
        selfTest: { passed, worstDifference: Number.isFinite(worstDifference) ? worstDifference : null, sentence },
      }
      if (passed)
        trial = {
          ...trial,
          secondsPerStep: await time(engine, (secondsPerStep) =>
            send({ phase: 'timing', trial: { ...trial, secondsPerStep } }),
          ),
        }
      await engine.dispose()
    } catch (cause) {
      trial = {
        ...trial,
        selfTest: { passed: false, worstDifference: null, sentence: `A training step fails: ${reasonOf(cause)}` },
      }
    }
  }
  await send({ phase: 'done', trial })
}

/** The time of the fastest of a few steps. Reports after each one, so that an engine too slow for all of them is timed by the first. */
async function time(engine: Engine, report: (secondsPerStep: number | null) => Promise<void>): Promise<number> {
  const { program, parameters, inputs } = timedProgram()
  const batch = inputs(1)
  const session = await engine.training(program, initialState(parameters, program.groups))
  try {
    await report(null)
    let fastest = Number.POSITIVE_INFINITY
    for (let step = 1; step <= timedSteps; step++) {
      const from = performance.now()
      await session.step(batch, learningRate, step)
      fastest = Math.min(fastest, (performance.now() - from) / 1000)
      await report(fastest)
    }
    return fastest
  } finally {
    await session.dispose()
  }
}

/** Resolves when the message is sent: what follows can crash the process. */
async function send(message: TrialMessage): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    if (process.send === undefined) reject(new Error('This program must be forked.'))
    else process.send(message, (cause: Error | null) => (cause === null ? resolve() : reject(cause)))
  })
}
