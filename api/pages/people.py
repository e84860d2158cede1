"""People and posts."""

from fastapi import APIRouter

router = APIRouter()
