import { writeSync } from 'node:fs'
import { fuzz, type FuzzOptions } from './fuzz.ts'
import { formats } from './samples.ts'

/** What the child is asked for. It answers with the outcome. */
export interface Job extends Pick<FuzzOptions, 'seed' | 'first' | 'files'> {
  readonly format: string
}

/** An open file in which the child keeps the number of the file it is reading: written at once, so that a crash leaves it behind. */
export const progressDescriptor = 4

process.once('message', async (job: Job) => {
  const format = (await formats()).find(({ name }) => name === job.format)
  if (format === undefined) throw new Error(`There is no format ${job.format}.`)
  const number = Buffer.alloc(4)
  const starting = (file: number) => {
    number.writeUInt32LE(file)
    writeSync(progressDescriptor, number, 0, 4, 0)
  }
  process.send?.(await fuzz(format, { ...job, starting }), () => process.disconnect())
})
