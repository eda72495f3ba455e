import { z } from 'zod'
import './meta.ts'

/** One field of a schema as a form or a help text needs it. */
export interface Field {
  key: string
  kind: 'integer' | 'number' | 'boolean' | 'choice' | 'text'
  label: string
  unit: string
  help: string
  section: string
  minimum: number | undefined
  maximum: number | undefined
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
  section: z.string().optional(),
})

/** Lists the fields of an object schema in their order, with label, unit, help and range from its meta data. */
export function fieldsOf(schema: z.ZodObject): Field[] {
  const properties = z.record(z.string(), property).parse(z.toJSONSchema(schema, { unrepresentable: 'any' }).properties ?? {})
  return Object.entries(properties).map(([key, value]) => ({
    key,
    kind: value.enum !== undefined ? 'choice' : kindOf(value.type),
    label: value.label ?? key,
    unit: value.unit ?? '',
    help: value.help ?? '',
    section: value.section ?? '',
    minimum: value.minimum ?? value.exclusiveMinimum,
    maximum: value.maximum ?? value.exclusiveMaximum,
    options: value.enum ?? [],
  }))
}

function kindOf(type: string | undefined): Field['kind'] {
  return type === 'integer' || type === 'number' || type === 'boolean' ? type : 'text'
}
