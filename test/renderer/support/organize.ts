import { ORPCError } from '@orpc/server'
import { organization, type OrganizationChange } from '#contract/domain/organization.ts'
import type { FakeWorld } from './fake-world.ts'

/** Changes the organization of runs and pipelines of a fake world, as the studio does. */
export function organize(world: FakeWorld, items: readonly OrganizationChange[]): { previous: OrganizationChange[] } {
  const targets = items.map(({ kind, id, set }) => {
    const target = kind === 'run' ? world.runs.get(id)?.run : world.pipelines.get(id)
    if (target === undefined) {
      const data = { code: 'not-found' as const, message: `There is no ${kind} ${id}.`, hint: 'Reload the list.' }
      throw new ORPCError('STUDIO', { defined: true, status: 400, message: data.message, data })
    }
    return { kind, id, set, target }
  })
  const previous = targets.map(({ kind, id, set, target }): OrganizationChange => {
    const before = Object.fromEntries(Object.entries(target.organization).filter(([key]) => key in set))
    target.organization = organization.parse({ ...target.organization, ...set })
    return { kind, id, set: before }
  })
  for (const { kind, id } of items) {
    const run = world.runs.get(id)?.run
    const pipeline = world.pipelines.get(id)
    if (kind === 'run' && run !== undefined) world.events.publish('runs', { type: 'changed', run: { ...run } })
    if (kind === 'pipeline' && pipeline !== undefined)
      world.events.publish('runs', { type: 'pipeline-changed', pipeline: { ...pipeline } })
  }
  return { previous }
}
