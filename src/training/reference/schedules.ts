import { z } from 'zod'
import { readUnicode } from '#node/text-file.ts'
import { learningRates } from '../optimizer/schedule.ts'
import { distance, Ledger } from './ledger.ts'
import { refuse } from './refuse.ts'

const schema = z.strictObject({
  cosine: z
    .array(
      z.strictObject({
        base: z.number(),
        final: z.number(),
        start: z.number(),
        warmup: z.int().nonnegative(),
        total: z.int().positive(),
        values: z.array(z.number()),
      }),
    )
    .min(1),
})

/** Compares recorded learning rates, one for each step. */
export async function compareSchedules(path: string): Promise<Ledger> {
  const parsed = schema.safeParse(JSON.parse(readUnicode(path)))
  if (!parsed.success)
    refuse(
      `schedules.json: ${parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the document'}: ${issue.message}`).join('; ')}`,
    )
  const ledger = new Ledger({})
  for (const [index, { base, final, start, warmup, total, values }] of parsed.data.cosine.entries()) {
    ledger.add(
      'rates',
      `cosine.${index}`,
      distance(learningRates({ start, peak: base, final, warmupSteps: warmup, totalSteps: total }), values),
    )
  }
  return ledger
}
