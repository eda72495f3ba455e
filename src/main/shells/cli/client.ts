import type { ContractRouterClient } from '@orpc/contract'
import { createRouterClient } from '@orpc/server'
import type { Contract } from '#contract/api/contract.ts'
import { findInstallation } from '../../app/installation.ts'
import { openStudio } from '../../app/studio.ts'

export type StudioClient = ContractRouterClient<Contract>

/**
 * Opens a workspace, calls `use` with a client of its API, and closes it. Runs in progress continue.
 * Only verbs that wait for runs start queued ones (`startsRuns`).
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
