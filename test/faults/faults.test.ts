import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { notRun } from '../support/not-run.ts'
import { makeTemplate } from './template.ts'
import { runTrial } from './trial.ts'

// A few trials of each kind of damage. `npm run faults -- --trials 300` makes many, with drawn faults.
describe('a disturbed run ends with the bits of an undisturbed one', () => {
  notRun(process.platform === 'linux' ? undefined : 'Processes are found by their arguments, which only Linux shows.')
  let template: Awaited<ReturnType<typeof makeTemplate>>
  beforeAll(async () => {
    template = await makeTemplate()
  })
  afterAll(() => template.remove())

  test.each([
    { seed: 1, faults: ['kill both', 'tear process.json, kill the studio'] },
    { seed: 2, faults: ['cut the events', 'suspend the trainer, kill the studio'] },
    { seed: 3, faults: ['damage the database, kill the studio', 'kill the trainer'] },
    { seed: 4, faults: ['set the clock back two hours', 'delete the events', 'stop the run'] },
  ])('seed $seed: $faults', { timeout: 120_000 }, async ({ seed, faults }) => {
    expect(await runTrial(template.workspace, seed, faults)).toMatchObject({ end: 'same bits', wrong: [] })
  })
})
