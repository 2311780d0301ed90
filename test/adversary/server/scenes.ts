import { afterEach } from 'vitest';
import { Scene, type SceneOptions } from '../../../simulations/attacks/coordinator/scene.ts';

/** Starts scenes, and ends them after each test of the file. */
export function useScenes(): (options: SceneOptions) => Promise<Scene> {
  const scenes: Scene[] = [];
  afterEach(async () => {
    await Promise.all(scenes.splice(0).map((scene) => scene.close()));
  });
  return async (options) => {
    const scene = await Scene.start(options);
    scenes.push(scene);
    return scene;
  };
}
