import { linkSync, mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultSplitSet, type DatasetManifest, type Split, type Video } from '#contract/domain/dataset.ts'
import { openWorkspace } from '#main/app/workspace.ts'
import { digestOf, videoId } from '#main/datasets/manifest.ts'
import { writeDataset } from '#node/dataset-files.ts'

export interface BenchDataset {
  readonly name: string
  /** Videos, each with one sample. */
  readonly videos: number
  /** Classes of its label set. */
  readonly classes: number
  /** Whether its files exist: hard links to tiny files without pictures. Otherwise the folder is empty. */
  readonly withFiles: boolean
}

/** Hard links to one file: file systems have a limit, 65,000 on ext4. */
export const linksPerFile = 50_000

/** Writes a dataset into a workspace as an import does, without decoding. */
export function makeBenchDataset(folder: string, { name, videos, classes, withFiles }: BenchDataset): DatasetManifest {
  const root = `${folder}-${name}-videos`
  const pathOf = (index: number) => `class-${String(index % classes).padStart(4, '0')}/clip-${index}.mp4`
  const facts = { sizeBytes: 0, modifiedAtMs: 0 }
  mkdirSync(root, { recursive: true })
  if (withFiles) Object.assign(facts, writeFiles(root, videos, classes, pathOf))
  const all = Array.from({ length: videos }, (_, index): Video => {
    const frameCount = 200 + ((index * 7919) % 200)
    return {
      ...facts,
      id: videoId(pathOf(index)),
      path: pathOf(index),
      frameCount,
      width: index % 10 === 0 ? 426 : 340,
      height: 240 + (index % 3) * 8,
      framesPerSecond: index % 4 === 0 ? 25 : 29.97,
      durationMs: Math.round((frameCount * 1000) / 29.97),
      codec: index % 50 === 0 ? 'vp9' : 'h264',
      digest: index.toString(16).padStart(64, '0'),
    }
  })
  const parts = {
    labelSets: [
      {
        name: 'class',
        classes: Array.from({ length: classes }, (_, index) => `class-${String(index).padStart(4, '0')}`),
      },
    ],
    videos: all,
    samples: all.map(({ id }, index) => ({ id, video: id, labels: { class: index % classes } })),
    splitSets: [
      {
        name: defaultSplitSet,
        splits: Object.fromEntries(all.map(({ id }, index) => [id, splitOf(Math.floor(index / classes))])),
      },
    ],
  }
  const manifest: DatasetManifest = {
    ...parts,
    name,
    root,
    createdAt: new Date().toISOString(),
    digest: digestOf(parts),
    broken: [],
  }
  const workspace = openWorkspace(folder)
  try {
    const to = join(workspace.datasets, name)
    mkdirSync(to)
    writeDataset(to, manifest)
  } finally {
    workspace.close()
  }
  return manifest
}

const splitOf = (index: number): Split => (index % 10 === 8 ? 'validation' : index % 10 === 9 ? 'test' : 'train')

function writeFiles(
  root: string,
  videos: number,
  classes: number,
  pathOf: (index: number) => string,
): Pick<Video, 'sizeBytes' | 'modifiedAtMs'> {
  for (let index = 0; index < Math.min(classes, videos); index++)
    mkdirSync(join(root, pathOf(index), '..'), { recursive: true })
  const at = new Date()
  let source = ''
  for (let index = 0; index < videos; index++) {
    const file = join(root, pathOf(index))
    if (index % linksPerFile !== 0) linkSync(source, file)
    else {
      source = file
      writeFileSync(file, 'no video')
      utimesSync(file, at, at)
    }
  }
  const { size, mtimeMs } = statSync(source)
  return { sizeBytes: size, modifiedAtMs: mtimeMs }
}
