import { z } from 'zod'
import { pageRequest } from './dataset-detail.ts'
import { slug } from './dataset.ts'

/** What may be wrong with a file that was opened, from the worst to the least. */
const decodedVerdicts = ['unreadable', 'cut-off', 'sound-only', 'no-frames'] as const
export const decodedVerdict = z.enum(decodedVerdicts)
export type DecodedVerdict = z.infer<typeof decodedVerdict>

/**
 * What may be wrong with a file of a dataset:
 * - `unreadable`, `cut-off`, `sound-only`, `no-frames`: it cannot be decoded, or only a part of it;
 * - `frame-count`: it has another number of frames than its header says, which an import of headers believed;
 * - `changed`, `missing`: its content is another one than at the import, or it is gone;
 * - `too-short`: it has fewer frames than a clip of the published recipes;
 * - `pixel-format`: its pixels are converted with loss: more than 8 bits, or a transparency that is dropped;
 * - `rotated`: it is stored rotated or mirrored, and shown upright;
 * - `repeated`: another video has the same content;
 * - `near-duplicate`: another video of the same length looks the same, such as a copy at another size;
 * - `not-found`: a list names it, and the import did not find it;
 * - `not-listed`: it is in the folder and not in the dataset.
 */
export const verdicts = [
  ...decodedVerdicts,
  'frame-count',
  'changed',
  'missing',
  'too-short',
  'pixel-format',
  'rotated',
  'repeated',
  'near-duplicate',
  'not-found',
  'not-listed',
] as const
export const verdict = z.enum(verdicts)
export type Verdict = z.infer<typeof verdict>

/** Verdicts on files of which no run can take a clip. */
export const unusableVerdicts: ReadonlySet<Verdict> = new Set([...decodedVerdicts, 'frame-count', 'changed', 'missing'])

/** Frames of a clip in all published recipes. Shorter videos repeat their last frame in such a clip. */
export const publishedClipFrames = 16

/** Verdicts in words, for the command line. */
export const verdictTitles: Readonly<Record<Verdict, string>> = {
  unreadable: 'cannot be decoded',
  'cut-off': 'cut off, or damaged after a part',
  'sound-only': 'sound only',
  'no-frames': 'no frames',
  'frame-count': 'another number of frames than its header says',
  changed: 'changed since the import',
  missing: 'gone since the import',
  'too-short': `fewer than ${publishedClipFrames} frames`,
  'pixel-format': 'more than 8 bits, or transparent',
  rotated: 'stored rotated or mirrored',
  repeated: 'the same content as another video',
  'near-duplicate': 'looks the same as another video',
  'not-found': 'listed, and not in the folder',
  'not-listed': 'in the folder, and not in the dataset',
}

/** How an import reads its videos: their headers alone, or every frame of them. */
export const importChecks = ['index', 'full'] as const
export const importCheck = z.enum(importChecks)
export type ImportCheck = z.infer<typeof importCheck>

/** Frames of a video whose pictures are compared with those of others, evenly spaced. */
export const fingerprintFrames = 4

/** What a decoder knows of a readable video besides its facts. */
export const videoTraits = z.object({
  /** As FFmpeg calls it: `yuv420p`. */
  pixelFormat: z.string(),
  /** Stored rotated or mirrored. */
  isRotated: z.boolean(),
  /**
   * What its frames look like, 16 hexadecimal digits each, then what moves in them, again 16 each. Absent if they have hardly any contrast,
   * or were not decoded.
   */
  fingerprint: z
    .string()
    .length(2 * 16 * fingerprintFrames)
    .optional(),
})
export type VideoTraits = z.infer<typeof videoTraits>

/** What is wrong with one file. A file may have several findings. */
export const finding = z.object({
  /** Relative to the root of the dataset. */
  path: z.string(),
  verdict,
  /** A sentence. */
  reason: z.string(),
  /** Whether a copy of it is in another split: what was learned of one is not tested by the other. */
  isAcrossSplits: z.boolean().optional(),
})
export type Finding = z.infer<typeof finding>

/** Findings of one verdict. */
const verdictCount = z.object({
  verdict,
  files: z.int(),
  /** Files with a copy in another split. */
  acrossSplits: z.int(),
  /** Samples of these files, and how many of them are excluded. */
  samples: z.int(),
  excluded: z.int(),
})
export type VerdictCount = z.infer<typeof verdictCount>

/** What is known of the files of a dataset. */
export const integritySummary = z.object({
  name: slug,
  /** Videos of the dataset, and how many of them were decoded from the first to the last frame since they last changed. */
  videos: z.int(),
  checked: z.int(),
  /** The verification that runs; null if none does. */
  running: z.object({ done: z.int(), total: z.int(), path: z.string() }).nullable(),
  /** Why the last verification ended before its end. */
  problem: z.string().nullable(),
  /** Whether copies and files outside of the dataset have been searched for. */
  isCompared: z.boolean(),
  /** In the order of `verdicts`; those without a file are absent. */
  counts: z.array(verdictCount),
  exclusions: z.object({
    /** The set in use; 0 for none. */
    number: z.int(),
    samples: z.int(),
    /** Of these, the ones that were chosen one by one. */
    chosen: z.int(),
    canUndo: z.boolean(),
  }),
})
export type IntegritySummary = z.infer<typeof integritySummary>

export const findingsRequest = pageRequest.extend({ verdict })
export type FindingsRequest = z.infer<typeof findingsRequest>

export const findingsPage = z.object({
  total: z.int(),
  files: z.array(
    finding.extend({
      /** Ids of the samples of the file; none if it is not in the dataset. */
      samples: z.array(z.string()),
      isExcluded: z.boolean(),
    }),
  ),
})
export type FindingsPage = z.infer<typeof findingsPage>
