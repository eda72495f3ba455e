import type { BrowsedFiles } from '#contract/api/contract.ts'
import { protocol } from '#contract/api/protocol.ts'
import { firstPage } from '#node/animated-webp.ts'
import { previewWebp, stripWebp } from './fake-media.ts'
import type { FakeWorld } from './fake-world.ts'

/** Bytes of `/media/...`; undefined if there is no such file. Some previews are missing. */
export async function fakeMediaFile(world: FakeWorld, urlPath: string): Promise<Buffer | undefined> {
  const [, , topic, name, ...rest] = urlPath.split('/').map(decodeURIComponent)
  if (topic === 'datasets') {
    const index =
      world.datasets.get(name ?? '')?.samples.findIndex(({ video: { id } }) => id === rest[0]?.split('.')[0]) ?? -1
    if (index < 0 || index % 17 === 16) return undefined
    const preview = await previewWebp(index)
    return urlPath.endsWith(protocol.stillEnding) ? (firstPage(preview) ?? preview) : preview
  }
  const entry = world.runs.get(name ?? '')
  const item = entry?.media.find(({ strips }) => strips.some(({ path }) => path === rest.join('/')))
  const strip = item?.strips.find(({ path }) => path === rest.join('/'))
  return entry === undefined || item === undefined || strip === undefined
    ? undefined
    : stripWebp(item, strip.role, entry.run.totalSteps ?? 1)
}

/** Folders and files of the fake machine, as the contract lists them. */
export function fakeFolder(path: string, kind: BrowsedFiles) {
  const folders = path.endsWith('videos')
    ? ['bed-falls', 'empty', 'ssv2-subset', 'ucf-101']
    : path.endsWith('bed-falls')
      ? ['fall', 'lying', 'sitting', 'walking']
      : path === '/home/ada'
        ? ['Documents', 'Downloads', 'mvd-studio', 'videos']
        : []
  const files =
    kind === 'checkpoints'
      ? path.endsWith('Downloads')
        ? ['mae_pretrain_vit_base.pth', 'resnet50.pth']
        : []
      : kind === 'videos' && path.endsWith('fall')
        ? ['0000.mp4', '0001.mp4', '0002.mp4']
        : []
  return {
    path,
    parent: path === '/' ? null : path.slice(0, path.lastIndexOf('/')) || '/',
    entries: [
      ...folders.map((name) => ({ name, path: `${path}/${name}`, isDirectory: true })),
      ...files.map((name) => ({ name, path: `${path}/${name}`, isDirectory: false })),
    ],
  }
}
