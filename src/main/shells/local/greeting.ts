import { createHash } from 'node:crypto'
import { type AnyContractRouter, getEventIteratorSchemaDetails, isContractProcedure } from '@orpc/contract'
import { z } from 'zod'
import { contract } from '#contract/api/contract.ts'

/** The first message of a studio on its local socket. */
export const greeting = z.object({
  studio: z.literal('MVD Studio'),
  /** Version of the studio. */
  version: z.string(),
  /** Digest of its contract: only programs with the same one can talk to it. */
  contract: z.string(),
  /** Real path of its workspace. A copied workspace may name the socket of the original. */
  workspace: z.string(),
  /** Whether it starts queued runs. A command that only looks does not. */
  works: z.boolean(),
})
export type Greeting = z.infer<typeof greeting>

/**
 * What a program does at the studio. A `follower` can go on at the next studio, so a command does not wait for it before it
 * closes its studio; a `caller` would lose its result.
 */
export const guestRole = z.enum(['caller', 'follower'])
export type GuestRole = z.infer<typeof guestRole>

/** Parameter of the request with which a guest opens its connection. */
export const roleParameter = 'role'

let digest: string | undefined

/** Digest of every procedure with the schemas of what it takes and returns. Takes about 0.2 s, once. */
export function contractDigest(): string {
  digest ??= createHash('sha256')
    .update(JSON.stringify(describe(contract)))
    .digest('hex')
    .slice(0, 32)
  return digest
}

function describe(router: AnyContractRouter): unknown {
  if (!isContractProcedure(router))
    return Object.entries(router).map(([name, inner]) => [name, describe(inner as AnyContractRouter)])
  const { inputSchema, outputSchema } = router['~orpc']
  return [schemaOf(inputSchema, 'input'), schemaOf(outputSchema, 'output')]
}

function schemaOf(schema: unknown, io: 'input' | 'output'): unknown {
  if (schema === undefined) return null
  const events = getEventIteratorSchemaDetails(schema as Parameters<typeof getEventIteratorSchemaDetails>[0])
  const described = events?.yields ?? schema
  return described instanceof z.ZodType
    ? z.toJSONSchema(described, { io, unrepresentable: 'any', reused: 'ref' })
    : null
}
