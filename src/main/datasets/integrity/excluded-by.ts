import { StudioError } from '#contract/api/errors.ts'
import type { ExclusionReason, ExclusionRequest } from '#contract/domain/exclusions.ts'
import type { Verdict } from '#contract/domain/integrity.ts'

/**
 * Samples that a request excludes, with their reasons.
 * @param samplesWith ids of the samples of all files with a verdict, of those that the request means
 * @param samples all ids of the dataset
 * @param before those that are excluded already
 * @throws StudioError `bad-request` if there is no such sample, or none that is not excluded already
 */
export function excludedBy(
  { name, verdicts, samples: chosen }: ExclusionRequest,
  samplesWith: (verdict: Verdict) => Iterable<string>,
  samples: ReadonlySet<string>,
  before: Readonly<Record<string, ExclusionReason>>,
): Map<string, ExclusionReason> {
  const absent = chosen.find((id) => !samples.has(id))
  if (absent !== undefined)
    throw new StudioError(
      'bad-request',
      `samples: the dataset ${name} has no sample ${absent}.`,
      `"dataset samples ${name}" lists them.`,
    )
  const excluded = new Map<string, ExclusionReason>(chosen.map((id) => [id, 'chosen']))
  for (const verdict of verdicts)
    for (const id of samplesWith(verdict)) if (!excluded.has(id)) excluded.set(id, verdict)
  for (const id of Object.keys(before)) excluded.delete(id)
  if (excluded.size === 0)
    throw new StudioError(
      'bad-request',
      `There is nothing to exclude in the dataset ${name}: no sample that is not excluded already.`,
      `"dataset verify ${name}" looks for what is wrong with its files.`,
    )
  return excluded
}
