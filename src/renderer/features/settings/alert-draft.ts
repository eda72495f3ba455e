import {
  type AlertChannelType,
  type AlertKind,
  type AlertRequest,
  alertRequest,
  defaultPlateau,
  type ShownAlertRule,
  type WebhookFormat,
} from '#contract/domain/alert.ts'

/** An alert while it is edited. An empty field of a number is no number. */
export interface AlertDraft {
  kinds: AlertKind[]
  type: AlertChannelType
  url: string
  format: WebhookFormat
  program: string
  /** One on each line, so that no quoting is needed. */
  arguments: string
  metric: string
  patience: number
  minImprovement: number
  diskLowGib: number
}

export const newAlert = (): AlertDraft => ({
  kinds: ['finished', 'failed', 'diverged'],
  type: 'desktop',
  url: '',
  format: 'json',
  program: '',
  arguments: '',
  ...defaultPlateau,
  diskLowGib: 5,
})

/** The request of a draft, or undefined if something is missing or wrong. */
export function requestOf(draft: AlertDraft): AlertRequest | undefined {
  const { kinds, metric, patience, minImprovement, diskLowGib } = draft
  return alertRequest.safeParse({
    kinds,
    channel: channelOf(draft),
    ...(kinds.includes('plateau') ? { plateau: { metric: metric.trim(), patience, minImprovement } } : {}),
    ...(kinds.includes('disk-low') ? { diskLowGib } : {}),
  }).data
}

function channelOf({ type, url, format, program, arguments: lines }: AlertDraft): unknown {
  switch (type) {
    case 'desktop':
      return { type }
    case 'webhook':
      return { type, url: url.trim(), format }
    case 'command':
      return { type, program: program.trim(), arguments: lines.split('\n').filter((line) => line !== '') }
  }
}

/** Where an alert goes, as far as it is no sentence. */
export const targetOf = ({ channel }: ShownAlertRule): string =>
  channel.type === 'webhook'
    ? channel.host
    : channel.type === 'command'
      ? [channel.program, ...channel.arguments].join(' ')
      : ''
