FROM python:3.11-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 FIRSTPASS_DATA=/data NUMBA_CACHE_DIR=/tmp/numba OMP_NUM_THREADS=1
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/base.txt
COPY . .
RUN useradd --create-home --uid 10001 firstpass && mkdir /data && chown firstpass /data
USER firstpass
VOLUME /data
EXPOSE 8000
CMD ["python", "manage.py", "up", "--host", "0.0.0.0"]
