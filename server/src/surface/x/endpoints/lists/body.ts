import { readBodyAs } from '../writing/body.ts';
import { listBodies } from './schemas.ts';

export type ListInput = { name?: string; description?: string; private?: boolean };

export function newListOf(body: unknown): ListInput & { name: string } {
  return readBodyAs(listBodies.NewList, body);
}

export function listChangeOf(body: unknown): ListInput {
  return readBodyAs(listBodies.ListChange, body);
}

export function listIdOf(body: unknown): string {
  return readBodyAs<{ list_id: string }>(listBodies.ListId, body).list_id;
}

export function memberIdOf(body: unknown): string {
  return readBodyAs<{ user_id: string }>(listBodies.UserId, body).user_id;
}
