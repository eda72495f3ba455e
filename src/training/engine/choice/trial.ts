import { availableParallelism } from 'node:os'
import { engineName, type EngineName, type EngineTrial } from '#contract/engine.ts'
import { createEngine } from '../create-engine.ts'
import type { Engine } from '../engine.ts'
import { reasonOf, reportEngine } from '../list-engines.ts'
import { initialState } from '../state.ts'
import { selfTest, twoSteps } from './self-test.ts'
import { timedProgram } from './trial-program.ts'
import type { TrialMessage } from './trial-message.ts'

/**
 * Entry of the process that tries engines: `trial.ts <threads> <engine>...`. It says where it is after each part, so that whoever waits
 * knows what a crash or an endless wait belongs to.
 */
const timedSteps = 2
const enoughSeconds = 1

const [threads, ...names] = process.argv.slice(2)
// Who asked has gone; nobody hears the answer.
process.once('disconnect', () => process.exit())
const expected = await twoSteps(await createEngine('cpu'))
for (const name of names) await tryEngine(engineName.parse(name), Number(threads) || availableParallelism())
process.disconnect?.()
// A native library may keep threads that would hold the process.
process.exit()

async function tryEngine(name: EngineName, threads: number): Promise<void> {
  await say({ phase: 'opening', trial: { name, isPresent: false, reason: '', device: '', install: '', selfTest: null, secondsPerStep: null } })
  let trial: EngineTrial = { ...(await reportEngine(name)), selfTest: null, secondsPerStep: null }
  if (trial.isPresent) {
    await say({ phase: 'testing', trial })
    try {
      const engine = await createEngine(name, { threads })
      const { passed, worstDifference, sentence } = await selfTest(engine, expected)
      trial = { ...trial, selfTest: { passed, worstDifference: Number.isFinite(worstDifference) ? worstDifference : null, sentence } }
      if (passed) trial = { ...trial, secondsPerStep: await time(engine, () => say({ phase: 'timing', trial })) }
      await engine.dispose()
    } catch (cause) {
      trial = { ...trial, selfTest: { passed: false, worstDifference: null, sentence: `A training step fails: ${reasonOf(cause)}` } }
    }
  }
  await say({ phase: 'done', trial })
}

/** Seconds of the fastest step, after one to warm up: of two, or of one that takes a second. */
async function time(engine: Engine, begin: () => Promise<void>): Promise<number> {
  const { program, parameters, inputs } = timedProgram()
  const batch = inputs(1)
  const session = await engine.training(program, initialState(parameters, program.groups))
  try {
    await begin()
    let fastest = Number.POSITIVE_INFINITY
    let spent = 0
    for (let step = 0; step <= timedSteps && spent < enoughSeconds; step++) {
      const from = performance.now()
      await session.step(batch, 1e-3, step + 1)
      if (step === 0) continue
      const seconds = (performance.now() - from) / 1000
      fastest = Math.min(fastest, seconds)
      spent += seconds
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
