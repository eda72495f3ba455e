import { oc } from '@orpc/contract'
import { z } from 'zod'
import { errorReport } from './errors.ts'

/** Every error is sent as `STUDIO`; its data is the report for the user. */
export const procedure = oc.errors({ STUDIO: { status: 400, data: errorReport } })
export const nothing = z.object({})
