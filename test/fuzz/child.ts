import { fuzz, type FuzzOptions, type Outcome } from './fuzz.ts'
import { formats } from './samples.ts'

/** What the child is asked for. */
export interface Job extends Pick<FuzzOptions, 'seed' | 'first' | 'files'> {
  readonly format: string
}

/** What it says: which file it is about to read, and in the end what came of them all. */
export type Report = { readonly file: number } | Outcome

const say = (report: Report) => process.send?.(report)

process.once('message', async (job: Job) => {
  const format = (await formats()).find(({ name }) => name === job.format)
  if (format === undefined) throw new Error(`There is no format ${job.format}.`)
  say(await fuzz(format, { ...job, starting: (file) => say({ file }) }))
  process.disconnect()
})
