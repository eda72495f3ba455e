import { z } from 'zod'
import { formatBytes } from '../format.ts'

/** A process that computes on a card. Containers often hide those of other containers. */
export const cardProcess = z.object({
  pid: z.int(),
  /** Null if the driver does not report it. */
  memoryBytes: z.number().nullable(),
})

/** An NVIDIA card, as `nvidia-smi` reports it. Null: the driver does not report it. */
export const card = z.object({
  /** Position on the PCI bus, counted from 0: CUDA's number with `CUDA_DEVICE_ORDER=PCI_BUS_ID`. */
  index: z.int().min(0),
  /** `GPU-` and 32 hexadecimal digits. */
  uuid: z.string().min(1),
  name: z.string(),
  /** e.g. `580.95.05`. */
  driverVersion: z.string(),
  memoryBytes: z.number().nullable(),
  usedMemoryBytes: z.number().nullable(),
  /** e.g. `9.0`. */
  computeCapability: z.string().nullable(),
  /** Whether only one process at a time may use it (compute mode `Exclusive_Process`). */
  isExclusive: z.boolean(),
  processes: z.array(cardProcess),
})
export type Card = z.infer<typeof card>

/** The cards of a machine. No cards and no problem: there is no NVIDIA driver. */
export const cardReport = z.object({
  cards: z.array(card),
  /** Why cards could not be listed, or what about them is unusual, as a sentence. */
  problem: z.string().nullable(),
})
export type CardReport = z.infer<typeof cardReport>

/** A card as the studio shows it. */
export const cardStatus = card.extend({
  /** Run that computes on it. */
  heldBy: z.string().nullable(),
  /** Why no run can take it, as the end of a sentence about it; null if it is free. */
  unavailable: z.string().nullable(),
})
export type CardStatus = z.infer<typeof cardStatus>

export const machineCards = z.object({ cards: z.array(cardStatus), problem: z.string().nullable() })
export type MachineCards = z.infer<typeof machineCards>

/** `NVIDIA H200, 140 GiB, compute capability 9.0, driver 580.95.05`. */
export const describeCard = ({ name, memoryBytes, computeCapability, driverVersion }: Card): string =>
  [
    name,
    ...(memoryBytes === null ? [] : [formatBytes(memoryBytes)]),
    ...(computeCapability === null ? [] : [`compute capability ${computeCapability}`]),
    `driver ${driverVersion}`,
  ].join(', ')
