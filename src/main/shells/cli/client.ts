import type { ContractRouterClient } from '@orpc/contract'
import { createRouterClient } from '@orpc/server'
import type { Contract } from '#contract/api/contract.ts'
import { findInstallation } from '../../app/installation.ts'
import { openStudio } from '../../app/studio.ts'

export type StudioClient = ContractRouterClient<Contract>

/**
 * Opens a workspace without a face, lets `use` call it through the contract, and closes it. Runs in progress go on.
 * Only a verb that waits for runs starts those in the queue; all others leave it alone.
 */
export async function withStudio<T>(
  workspace: string,
  use: (client: StudioClient) => Promise<T>,
  { startsRuns = false } = {},
): Promise<T> {
  const studio = await openStudio({ ...findInstallation(), workspace, shell: 'browser', works: startsRuns })
  try {
    return await use(createRouterClient(studio.router, { context: {} }))
  } finally {
    await studio.close()
  }
}
