import type { ContractRouterClient } from '@orpc/contract'
import type { contract } from '#contract/api/contract.ts'
import { maxPageRows } from '#contract/domain/dataset-detail.ts'
import type { BrokenVideo, Sample } from '#contract/domain/dataset.ts'

/** A dataset with all its samples and unused files, read in pages. */
export async function wholeDataset(client: Pick<ContractRouterClient<typeof contract>, 'datasets'>, name: string) {
  const samples: Sample[] = []
  for (;;) {
    const page = await client.datasets.samples({ name, offset: samples.length, limit: maxPageRows })
    samples.push(...page.samples)
    if (samples.length >= page.total) break
  }
  const broken: BrokenVideo[] = []
  for (;;) {
    const page = await client.datasets.broken({ name, offset: broken.length, limit: maxPageRows })
    broken.push(...page.files)
    if (broken.length >= page.total) break
  }
  return { ...(await client.datasets.get({ name })), samples, broken }
}
