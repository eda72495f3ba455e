import type english from '../en/checkpoints.ts'
import type { Translation } from '../shape.ts'

export default {
  title: '检查点',
  description: '您的运行的检查点以及导入的模型。打开后可查看、探测或导出。',
  import: '导入模型',
  imported: {
    title: '导入的模型',
    description: '流水线的教师和初始权重',
  },
  failed: '无法加载检查点',
  loading: '正在加载检查点…',
  none: '还没有检查点',
  noneHelp: '运行每隔几轮以及在最后一步保存检查点。您也可以导入 MAE、VideoMAE 或 MVD 的模型。',
  newPipeline: '新建流水线',
  filter: '筛选检查点',
  filterExample: '筛选，例如 stage:distillation 或 step > 100',
  finalOnly: '仅最终',
  all: '{count} 个检查点，{size}',
  some: '{count} 个检查点中的 {found} 个，{size}',
  noMatch: '没有检查点符合筛选条件',
  clear: '清除筛选',
  detail: {
    title: '{stage}，第 {step} 步',
    checkpoint: '检查点',
    final: '最终',
    savedBy: '由 {run} 保存',
    failed: '无法读取检查点',
    missing: '未找到检查点',
    step: '步',
    epoch: '轮次',
    size: '大小',
    sizeHelp: '权重和优化器状态',
    model: '模型',
    dataset: '数据集',
    saved: '保存时间',
    inputs: {
      imageTeacher: '图像教师',
      videoTeacher: '视频教师',
      model: '初始权重',
    },
  },
} satisfies Translation<typeof english>
