import { parseArgs } from 'node:util'
import { kinds } from './kinds.ts'
import { makeTemplate } from './template.ts'
import { runTrial, type TrialOutcome } from './trial.ts'

// npm run faults -- --trials 300 --seed 1 [--fault NAME]
// Disturbs runs at random. Each must end with the bits of an undisturbed run or with a plain failure, and no point that was on the disk may
// be lost. Ends with an error if one does not.

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    fault: { type: 'string', multiple: true },
  },
})
const unknown = (values.fault ?? []).filter((name) => kinds[name] === undefined)
if (unknown.length > 0)
  throw new Error(`There is no fault "${unknown[0]}". The faults are: ${Object.keys(kinds).join('; ')}.`)

const { workspace, remove } = await makeTemplate()
const outcomes: TrialOutcome[] = []
// Ctrl-C ends after the trial that runs, with the table.
const interruption = new AbortController()
process.on('SIGINT', () => interruption.abort())
try {
  for (let index = 0; index < Number(values.trials) && !interruption.signal.aborted; index++) {
    const outcome = await runTrial(workspace, Number(values.seed) + index, values.fault)
    outcomes.push(outcome)
    if (outcomes.length % 10 === 0)
      console.log(`${outcomes.length} trials, ${outcomes.filter(({ wrong }) => wrong.length > 0).length} wrong`)
    if (outcome.wrong.length === 0) continue
    console.log(`--seed ${outcome.seed} --trials 1: ${outcome.faults.join(', then ')}`)
    for (const sentence of outcome.wrong.slice(0, 5)) console.log(`  ${sentence}`)
  }
} finally {
  remove()
}

console.log(`${'fault'.padEnd(52)}${'times'.padStart(6)}${'wrong'.padStart(7)}`)
for (const name of Object.keys(kinds)) {
  const of = outcomes.filter(({ faults }) => faults.includes(name))
  const wrong = of.filter((outcome) => outcome.wrong.length > 0)
  console.log(`${name.padEnd(52)}${String(of.length).padStart(6)}${String(wrong.length).padStart(7)}`)
}
const wrong = outcomes.filter((outcome) => outcome.wrong.length > 0)
const same = outcomes.filter(({ end }) => end === 'same bits')
const taken = outcomes.reduce((sum, { takenAway }) => sum + takenAway, 0)
const slowest = Math.max(0, ...outcomes.map(({ slowestTruthMs }) => slowestTruthMs))
const seconds = outcomes.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000
console.log(
  `${outcomes.length} trials: ${same.length} with the bits of an undisturbed run, ${outcomes.length - same.length} plain failures, ${wrong.length} wrong; ${taken} points were cut off before they were read; a dead process was known after at most ${Math.round(slowest)} ms; ${seconds.toFixed(0)} s`,
)
process.exitCode = wrong.length === 0 ? 0 : 1
