import { z } from 'zod'
import './meta.ts'

/** One field of a schema as a form or a help text needs it. */
export interface Field {
  key: string
  kind: 'integer' | 'number' | 'boolean' | 'choice' | 'text'
  label: string
  unit: string
  help: string
  group: string
  minimum: number | undefined
  maximum: number | undefined
  /** True if the limit itself is not allowed. */
  isMinimumExcluded: boolean
  isMaximumExcluded: boolean
  options: readonly string[]
}

const property = z.object({
  type: z.string().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  label: z.string().optional(),
  unit: z.string().optional(),
  help: z.string().optional(),
  group: z.string().optional(),
})

/** The fields of an object schema in their order, with label, unit, help and range from its metadata. */
export function fieldsOf(schema: z.ZodObject): Field[] {
  const properties = z
    .record(z.string(), property)
    .parse(z.toJSONSchema(schema, { unrepresentable: 'any' }).properties ?? {})
  return Object.entries(properties).map(([key, value]) => ({
    key,
    kind: value.enum !== undefined ? 'choice' : kindOf(value.type),
    label: value.label ?? key,
    unit: value.unit ?? '',
    help: value.help ?? '',
    group: value.group ?? '',
    minimum: value.minimum ?? value.exclusiveMinimum,
    maximum: value.maximum ?? value.exclusiveMaximum,
    isMinimumExcluded: value.minimum === undefined && value.exclusiveMinimum !== undefined,
    isMaximumExcluded: value.maximum === undefined && value.exclusiveMaximum !== undefined,
    options: value.enum ?? [],
  }))
}

export type Limits = Pick<Field, 'minimum' | 'maximum' | 'isMinimumExcluded' | 'isMaximumExcluded'>

/** The limits of a field as text after a noun such as "a number": `from 1 to 64`, `between 0 and 1, both excluded`, `above 0 up to 10`. */
export function describeLimits({ minimum, maximum, isMinimumExcluded, isMaximumExcluded }: Limits): string {
  if (minimum !== undefined && maximum !== undefined && isMinimumExcluded && isMaximumExcluded)
    return `between ${minimum} and ${maximum}, both excluded`
  const from = minimum === undefined ? '' : isMinimumExcluded ? `above ${minimum}` : `from ${minimum}`
  if (maximum === undefined) return from
  if (isMaximumExcluded) return from === '' ? `below ${maximum}` : `${from} to below ${maximum}`
  return from === '' || isMinimumExcluded ? `${from} up to ${maximum}`.trim() : `${from} to ${maximum}`
}

function kindOf(type: string | undefined): Field['kind'] {
  return type === 'integer' || type === 'number' || type === 'boolean' ? type : 'text'
}
