export type { Benched } from './exclusions.ts';
export type { Evaluate, TaskHost } from './host.ts';
export type { InitialModel } from './initial-model.ts';
export { TaskModel } from './model.ts';
export { Task } from './task.ts';
export type { TaskStanding, TaskState, TaskStatus } from './task-status.ts';
