import { availableParallelism } from 'node:os'
import { engineName, type EngineName, type EngineTrial } from '#contract/domain/engine.ts'
import { reasonOf, reportEngine } from '../engine/list-engines.ts'
import { openEngine } from '../engine/open-engine.ts'
import type { Engine } from '../engine/program/engine.ts'
import { initialState } from '../engine/program/state.ts'
import { isSoftwareCard } from './choose.ts'
import { selfTest, twoSteps } from './self-test.ts'
import type { TrialMessage } from './trial-message.ts'
import { timedProgram } from './trial-program.ts'

const timedSteps = 3
const learningRate = 1e-3

// Entry of the process that tries engines: `trial.ts <threads> all|likely <engine>...`. It says where it is before each part, so that whoever waits
// knows what a crash or an endless wait belongs to.
const [threads, extent, ...names] = process.argv.slice(2)
// Who asked has gone; nobody hears the answer.
process.once('disconnect', () => process.exit())
const expected = await twoSteps(await openEngine('cpu'))
for (const name of names) await tryEngine(engineName.parse(name), Number(threads) || availableParallelism())
process.disconnect?.()
// A native library may keep threads that would hold the process.
process.exit()

async function tryEngine(name: EngineName, threads: number): Promise<void> {
  await say({
    phase: 'opening',
    trial: { name, isPresent: false, reason: '', device: '', install: '', selfTest: null, secondsPerStep: null },
  })
  let trial: EngineTrial = { ...(await reportEngine(name)), selfTest: null, secondsPerStep: null }
  if (trial.isPresent && (extent === 'all' || !isSoftwareCard(trial))) {
    await say({ phase: 'testing', trial })
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
            say({ phase: 'timing', trial: { ...trial, secondsPerStep } }),
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
  await say({ phase: 'done', trial })
}

/** Times the fastest of a few steps; what is known after each is said, so that an engine that takes too long for all of them is timed by the first. */
async function time(engine: Engine, tell: (secondsPerStep: number | null) => Promise<void>): Promise<number> {
  const { program, parameters, inputs } = timedProgram()
  const batch = inputs(1)
  const session = await engine.training(program, initialState(parameters, program.groups))
  try {
    await tell(null)
    let fastest = Number.POSITIVE_INFINITY
    for (let step = 1; step <= timedSteps; step++) {
      const from = performance.now()
      await session.step(batch, learningRate, step)
      fastest = Math.min(fastest, (performance.now() - from) / 1000)
      await tell(fastest)
    }
    return fastest
  } finally {
    await session.dispose()
  }
}

/** Returns when the message has left: what follows may end the process. */
async function say(message: TrialMessage): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    if (process.send === undefined) reject(new Error('This program answers the process that forks it.'))
    else process.send(message, (cause: Error | null) => (cause === null ? resolve() : reject(cause)))
  })
}
