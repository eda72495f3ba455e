import { openDecoder } from '../video/decoder.ts'
import { probe as probeFile } from '../video/probe.ts'
import { stopWhenAsked } from './cancelled.ts'
import type { Task } from './task.ts'

/** Probes files one after the other. A file is announced before it is opened, so that a crash of the decoder names it. */
export const probe: Task<'probe'> = async ({ files }, report, signal) => {
  const decoder = await openDecoder()
  for (const file of files) {
    report({ state: 'opening', file })
    await stopWhenAsked(signal)
    report({ ...(await probeFile(decoder, file)), file })
  }
  return { decoder: decoder.description }
}
