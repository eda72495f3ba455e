// Saves one checkpoint after the other into the run folder given as argument and prints each step, until it is killed.
import { saveCheckpoint } from '#training/checkpoint/checkpoints.ts'
import { description, state } from './sample.ts'

const [run = ''] = process.argv.slice(2)
for (let step = 1; ; step++) {
  await saveCheckpoint(run, description(step), state(step))
  process.stdout.write(`${step}\n`)
}
