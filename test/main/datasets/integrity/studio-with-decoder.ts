import { resolve } from 'node:path'
import { createRouterClient } from '@orpc/server'
import { onTestFinished } from 'vitest'
import { openStudio } from '#main/app/studio.ts'
import { resources } from '../../support.ts'

/** A studio whose children decode real videos. */
export async function openStudioWithDecoder(workspace: string) {
  const trainingEntry = resolve('src/training/main.ts')
  const studio = await openStudio({
    workspace,
    shell: 'browser',
    version: '0.0.0',
    resources,
    trainingEntry,
    works: true,
  })
  onTestFinished(() => studio.close())
  return { ...studio, client: createRouterClient(studio.router) }
}
