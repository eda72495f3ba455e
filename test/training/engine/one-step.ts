import { engineName } from '#contract/engine.ts'
import { createEngine, initialState } from '#training/engine/index.ts'
import { blockInputs, blockParameters, blockProgram } from './helpers.ts'

// Trains for one step on the engine named first, and disposes what it opened when told to.
const [name, end] = process.argv.slice(2)
const engine = await createEngine(engineName.parse(name), { threads: 1 })
const program = blockProgram(0)
const session = await engine.training(program, initialState(blockParameters(), program.groups))
const { loss } = await session.step(blockInputs(1), 0.01, 1)
console.log(JSON.stringify({ isFinite: Number.isFinite(loss) }))
if (end === 'disposed') {
  await session.dispose()
  await engine.dispose()
}
