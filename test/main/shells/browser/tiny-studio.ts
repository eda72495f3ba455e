import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { implement } from '@orpc/server'
import { contract } from '#contract/api/contract.ts'

const os = implement(contract)

/** Two procedures of the contract, enough to see that calls and streams arrive. */
export const tinyRouter = {
  system: {
    info: os.system.info.handler(() => ({
      version: '1.2.3',
      node: process.version,
      platform: 'test',
      workspace: '/nowhere',
      shell: 'browser' as const,
      cpus: 1,
      memoryBytes: 1,
    })),
  },
  datasets: {
    /** Announces files until the caller leaves; `produced` counts how far it got. */
    import: os.datasets.import.handler(async function* ({ input }) {
      try {
        for (let done = 0; ; done++) {
          produced.count = done
          yield { type: 'progress' as const, done, total: 1, path: input.directory.repeat(1000) }
        }
      } finally {
        produced.end()
      }
    }),
  },
}

export const produced = { count: 0, end: () => {} }

/** A built window of three files and one media file, in a temporary folder. */
export async function makePage(): Promise<{
  root: string
  page: string
  mediaFile(urlPath: string): string | undefined
  remove(): Promise<void>
}> {
  const root = await mkdtemp(join(tmpdir(), 'mvd-page-'))
  const page = join(root, 'renderer')
  await mkdir(join(page, 'assets'), { recursive: true })
  await writeFile(join(page, 'index.html'), '<!doctype html><title>MVD Studio</title>')
  await writeFile(join(page, 'assets', 'main.js'), 'export {}')
  await writeFile(join(page, 'assets', 'two words.css'), 'a{}')
  await writeFile(join(root, 'secret.txt'), 'secret')
  await writeFile(join(root, 'clip.webp'), 'RIFF')
  const media: Record<string, string> = {
    '/media/datasets/falls/clip.webp': join(root, 'clip.webp'),
    '/media/datasets/falls/gone.webp': join(root, 'gone.webp'),
  }
  return { root, page, mediaFile: (urlPath) => media[urlPath], remove: () => rm(root, { recursive: true }) }
}
