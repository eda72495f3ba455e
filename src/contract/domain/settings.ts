import { z } from 'zod'
import { formatVersions } from '../layout.ts'

/** `settings.json`: settings of a workspace. Absent fields have their defaults. */
export const workspaceSettings = z.object({
  version: z.literal(formatVersions.settings).default(formatVersions.settings),
  scheduler: z
    .object({
      slots: z
        .int()
        .min(1)
        .max(16)
        .default(1)
        .meta({ label: 'Runs at once', help: 'Runs that compute at the same time. They share the machine.' }),
    })
    .prefault({}),
  frames: z
    .object({
      budgetGib: z.number().min(0).max(1_000_000).default(4).meta({
        label: 'Frame cache',
        help: 'Most GiB of decoded frames to keep in the workspace; 0 keeps none, and videos are decoded each time.',
      }),
      isCompressed: z.boolean().default(false).meta({
        label: 'Compressed frames',
        help: 'Keeps new frames compressed without loss: less than half the space, but they take longer to read.',
      }),
    })
    .prefault({}),
  targets: z
    .object({
      budgetGib: z.number().min(0).max(1_000_000).default(16).meta({
        label: 'Teacher features',
        help: 'Most GiB of teacher features to keep for distillations with distill.targetCache; 0 keeps none, and teachers compute each time.',
      }),
    })
    .prefault({}),
  tensorboard: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .meta({ label: 'TensorBoard', help: 'Folder for event files, written while runs compute; null for none.' }),
})
export type WorkspaceSettings = z.infer<typeof workspaceSettings>

/** Caches of a workspace: decoded frames of videos, and features of teachers. Their names are those of their settings. */
export const cacheNames = ['frames', 'targets'] as const
export type CacheName = (typeof cacheNames)[number]

/** What a cache of a workspace holds: complete files, the bytes of all, and the most bytes that they may have. */
export const cacheUsage = z.object({ files: z.int(), bytes: z.int(), budgetBytes: z.int() })
export type CacheUsage = z.infer<typeof cacheUsage>
