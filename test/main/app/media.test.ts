import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mediaFile } from '#main/app/media.ts'
import { workspacePaths } from '#node/workspace-paths.ts'
import { folderOf } from '../support.ts'

const root = () =>
  folderOf({
    'runs/p.distill/media/step-1.webp': '',
    'runs/p.distill/media/deep/x.webp': '',
    'runs/p.distill/run.json': '',
    'studio.sqlite': '',
    'runs/p.distill/secret.webp': '',
  })

test('pictures of runs and previews of datasets are found', () => {
  const folder = root()
  const find = (path: string) => mediaFile(workspacePaths(folder), (dataset, id) => `preview ${dataset} ${id}`, path)
  expect(find('/media/runs/p.distill/media/step-1.webp')).toBe(join(folder, 'runs/p.distill/media/step-1.webp'))
  expect(find('/media/runs/p.distill/media/deep/x.webp')).toBe(join(folder, 'runs/p.distill/media/deep/x.webp'))
  expect(find('/media/datasets/falls/0123abcd.webp')).toBe('preview falls 0123abcd')
  expect(find('/media/datasets/falls/0123abcd.still.webp')).toBe('preview falls 0123abcd')
})

test.each([
  '/media/runs/p.distill/run.json',
  '/media/runs/p.distill/media/../secret.webp',
  '/media/runs/p.distill/media/../../../studio.sqlite',
  '/media/runs/p.distill/media/%2e%2e/secret.webp',
  '/media/runs/../runs/p.distill/media/step-1.webp',
  '/media/runs/p.distill/media/',
  '/media/runs/p.distill/media/deep',
  '/media/runs/p.distill/media/none.webp',
  '/media/runs/p.distill/media/leads-out.webp',
  '/media/runs/p.distill/media/step-1.webp\0.png',
  '/media/datasets/../studio.sqlite',
  '/media/datasets/falls/../../x.webp',
  '/runs/p.distill/media/step-1.webp',
  '/media/',
  '',
])('%s is not served', (path) => {
  const folder = root()
  symlinkSync(join(folder, 'studio.sqlite'), join(folder, 'runs/p.distill/media/leads-out.webp'))
  expect(mediaFile(workspacePaths(folder), () => 'preview', path)).toBeUndefined()
})
