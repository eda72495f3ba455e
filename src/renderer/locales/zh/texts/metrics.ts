import type { ContractTexts } from '../../shape.ts'

/** Labels and units of the metrics in `contract/domain/metric.ts`. */
export default {
  'Training loss': '训练损失',
  'Loss against the image teacher': '相对图像教师的损失',
  'Loss against the video teacher': '相对视频教师的损失',
  'Training top-1': '训练 top-1',
  'Validation loss': '验证损失',
  'Validation top-1': '验证 top-1',
  'Test top-1': '测试 top-1',
  'Test top-5': '测试 top-5',
  'Learning rate': '学习率',
  'Gradient norm': '梯度范数',
  'Loss scale': '损失缩放',
  Throughput: '吞吐量',
  'Waiting for data': '等待数据',
  'Resident memory': '常驻内存',
  'Peak memory': '峰值内存',
  Processor: '处理器',
  'Memory of the decoders': '解码器的内存',
  'Free disk space': '磁盘可用空间',
  'Card utilization': '显卡利用率',
  'Card memory': '显卡内存',
  Epoch: '轮次',
  'clips/s': '片段/秒',
  epochs: '轮',
} satisfies ContractTexts
