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
  tensorboard: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .meta({ label: 'TensorBoard', help: 'Folder for event files, written while runs compute; null for none.' }),
})
export type WorkspaceSettings = z.infer<typeof workspaceSettings>
