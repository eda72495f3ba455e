import { listEngines } from '../engine/index.ts'
import type { Task } from './task.ts'

/** Looks which engines are present. */
export const engines: Task<'engines'> = async () => ({ engines: await listEngines() })
